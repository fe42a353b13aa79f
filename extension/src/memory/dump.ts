/** Memory as text: sixteen bytes a line, as numbers and as characters. */

const PER_LINE = 16;

/** `address`: of the first byte. */
export function dump(address: bigint, bytes: Uint8Array): string {
  const lines: string[] = [];
  for (let at = 0; at < bytes.length; at += PER_LINE) {
    const line = [...bytes.subarray(at, at + PER_LINE)];
    const numbers = line.map((byte) => byte.toString(16).padStart(2, "0"));
    const halves = [numbers.slice(0, 8).join(" "), numbers.slice(8).join(" ")].join("  ");
    const text = line.map((byte) =>
      byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : ".",
    );
    const where = `0x${(address + BigInt(at)).toString(16).padStart(8, "0")}`;
    lines.push(`${where}  ${halves.padEnd(PER_LINE * 3)}  |${text.join("")}|`);
  }
  return lines.join("\n");
}

/** Of base 64, as DAP has bytes. */
export function bytesOf(base64: string): Uint8Array {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}
