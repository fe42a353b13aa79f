/**
 * How the run that is under way is to end: set by host calls and listeners, read by the run loop.
 */
export class RunControl {
  /** A listener asked to stop. */
  stop = false;
  /** Why a hart cannot make progress. */
  wedged: string | undefined;
  /** Deadlines, interrupts or the machine's power may have changed: leave the engine and look. */
  attention = false;
  /** Traps since reset. */
  traps = 0;
  /** Traps after which the engine must be left, so that a run ends exactly at its limit. */
  trapLimit = 0;
  /** `run` is on the stack; and so are listeners of a code hook, before an instruction. */
  running = false;
  inHook = false;

  begin(): void {
    this.stop = false;
    this.wedged = undefined;
    this.attention = false;
  }
}
