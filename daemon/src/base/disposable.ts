/** Whatever was registered is taken back by calling `dispose` once; more calls do nothing. */
export interface Disposable {
  dispose(): void;
}

export function disposable(release: () => void): Disposable {
  let live = true;
  return {
    dispose() {
      if (!live) return;
      live = false;
      release();
    },
  };
}

/** Listeners to one kind of happening, called in the order of their registration. */
export class Signal<T> {
  readonly #listeners = new Set<(value: T) => void>();

  on(listener: (value: T) => void): Disposable {
    this.#listeners.add(listener);
    return disposable(() => this.#listeners.delete(listener));
  }

  emit(value: T): void {
    for (const listener of [...this.#listeners]) listener(value);
  }

  get used(): boolean {
    return this.#listeners.size > 0;
  }
}
