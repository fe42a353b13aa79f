/**
 * A 64-bit digest of a sequence of 32-bit words: two lanes of multiply and rotate, finished as
 * murmur3 does. Detects differences; it is no cryptographic hash.
 */
export class Digest {
  #a = 0x243f6a88;
  #b = 0x85a308d3 | 0;
  #count = 0;

  add(word: number): void {
    const value = word | 0;
    this.#a = rotate(Math.imul(this.#a ^ value, 0x9e3779b1), 15);
    this.#b = rotate(Math.imul(this.#b + value, 0x85ebca77) ^ this.#a, 13);
    this.#count = (this.#count + 1) | 0;
  }

  /** Low 64 bits of an integer double, sign included. */
  addNumber(value: number): void {
    this.add(value | 0);
    this.add(Math.floor(value / 0x1_0000_0000) | 0);
  }

  addText(text: string): void {
    this.add(text.length);
    for (let i = 0; i < text.length; i++) this.add(text.charCodeAt(i));
  }

  /** 16 lower-case hex digits. */
  finish(): string {
    const a = mix(this.#a ^ this.#count);
    const b = mix(this.#b ^ a);
    return hex32(a) + hex32(b);
  }
}

const rotate = (value: number, bits: number): number => (value << bits) | (value >>> (32 - bits));

function mix(value: number): number {
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35);
  return value ^ (value >>> 16);
}

const hex32 = (value: number): string => (value >>> 0).toString(16).padStart(8, "0");
