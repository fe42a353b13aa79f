/**
 * Things that devices do later: each alarm rings at a value of the guest's clock (in instructions),
 * between two instructions, whether harts run or wait. What an alarm is set to is the state of the
 * device that owns it.
 */

export class Alarm {
  readonly ring: () => void;
  readonly #changed: () => void;
  #due = Number.POSITIVE_INFINITY;

  constructor(ring: () => void, changed: () => void) {
    this.ring = ring;
    this.#changed = changed;
  }

  /** When it rings; Infinity: never. */
  get due(): number {
    return this.#due;
  }
  set due(now: number) {
    if (now === this.#due) return;
    this.#due = now;
    this.#changed();
  }

  clear(): void {
    this.due = Number.POSITIVE_INFINITY;
  }

  /** The moment as a state keeps it: -1 for never. */
  get saved(): number {
    return this.#due === Number.POSITIVE_INFINITY ? -1 : this.#due;
  }
  set saved(value: number) {
    this.due = value < 0 ? Number.POSITIVE_INFINITY : value;
  }
}

export class Alarms {
  readonly #alarms: Alarm[] = [];
  readonly #moved: () => void;
  #next = Number.POSITIVE_INFINITY;

  /** `moved`: the next alarm is another one, or at another time. */
  constructor(moved: () => void) {
    this.#moved = moved;
  }

  /** Alarms that are due together ring in the order in which they were made. */
  create(ring: () => void): Alarm {
    const alarm = new Alarm(ring, () => this.#look());
    this.#alarms.push(alarm);
    return alarm;
  }

  /** When the next one rings. */
  get next(): number {
    return this.#next;
  }

  /** Rings all that are due. An alarm may set itself or others anew while it rings. */
  ring(now: number): void {
    while (this.#next <= now) {
      const alarm = this.#alarms.find(({ due }) => due === this.#next)!;
      alarm.clear();
      alarm.ring();
    }
  }

  #look(): void {
    let next = Number.POSITIVE_INFINITY;
    for (const { due } of this.#alarms) next = Math.min(next, due);
    if (next === this.#next) return;
    this.#next = next;
    this.#moved();
  }
}
