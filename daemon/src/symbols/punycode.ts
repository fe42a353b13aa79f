/** Punycode (RFC 3492), with `_` for the delimiter as v0 writes it: names beyond ASCII in symbols. */

/** The decoded text; undefined when malformed. */
export function decodePunycode(text: string): string | undefined {
  const delimiter = text.lastIndexOf("_");
  const output = delimiter < 0 ? [] : [...text.slice(0, delimiter)].map((c) => c.codePointAt(0)!);
  const input = text.slice(delimiter + 1);
  let [code, bias, index, damp] = [128, 72, 0, 700];
  for (let at = 0; at < input.length; ) {
    const before = index;
    for (let weight = 1, k = 36; ; k += 36) {
      const digit = "abcdefghijklmnopqrstuvwxyz0123456789".indexOf(input[at++] ?? "?");
      if (digit < 0) return undefined;
      index += digit * weight;
      const threshold = Math.min(26, Math.max(1, k - bias));
      if (digit < threshold) break;
      weight *= 36 - threshold;
      if (weight > 2 ** 31) return undefined;
    }
    const count = output.length + 1;
    let delta = Math.floor((index - before) / damp);
    damp = 2;
    delta += Math.floor(delta / count);
    let k = 0;
    for (; delta > 455; k += 36) delta = Math.floor(delta / 35);
    bias = k + Math.floor((36 * delta) / (delta + 38));
    code += Math.floor(index / count);
    index %= count;
    if (code > 0x10ffff) return undefined;
    output.splice(index++, 0, code);
  }
  return String.fromCodePoint(...output);
}
