/** How numbers, addresses and bytes travel in DAP messages. */
import { type Address, address } from "../base/brand.ts";
import { UserError } from "../base/errors.ts";

/** `0x80200000`, or decimal digits, with an offset in bytes that may be negative. Throws UserError. */
export function parseAddress(text: string, offset = 0): Address {
  if (!/^(0x[0-9a-f]{1,16}|\d{1,20})$/i.test(text)) {
    throw new UserError(`"${text.slice(0, 80)}" is not an address: write it as 0x and hex digits.`);
  }
  return address(BigInt(text) + BigInt(offset));
}

export function toBase64(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 0x8000) {
    text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  }
  return btoa(text);
}

export function fromBase64(text: string): Uint8Array {
  let binary: string;
  try {
    binary = atob(text);
  } catch {
    throw new UserError("The data is not base64.");
  }
  return Uint8Array.from(binary, (char) => char.charCodeAt(0));
}
