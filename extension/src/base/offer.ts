/** A sentence that says what is wrong, with a button that does something about it. */
export class Offer extends Error {
  readonly action: { readonly title: string; readonly command: string };

  constructor(message: string, action: Offer["action"]) {
    super(message);
    this.action = action;
  }
}
