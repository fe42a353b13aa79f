/** The machines of a daemon by their names, as one of its debug sessions sees them. */
import { UserError } from "../base/errors.ts";

export interface MachineNames {
  /**
   * This session's machine gets a name, under which other clients find it: the one that was given,
   * or else a free one that begins with `base`. Throws UserError when the given one is taken.
   */
  publish(given: string | undefined, base: string): Promise<string>;
  /**
   * Keeps the machine of this name for this session's client, which goes over to that machine's
   * session once its request is answered. Throws UserError when there is none, or another has it.
   */
  reserve(name: string | undefined): Promise<void>;
}

/** For an adapter that is alone: it has one machine at most. */
export const alone: MachineNames = {
  publish: async (given, base) => given ?? base,
  reserve: async () => {
    throw new UserError("No other machine runs here: use `launch`.");
  },
};
