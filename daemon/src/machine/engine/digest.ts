/**
 * The digest of guest RAM. Zero pages cost one scan and do not count; every other page is hashed
 * together with its number, four lanes at a time, in the manner of xxHash64.
 */
import type { Code } from "./wasm.ts";

const PAGE = 4096;
const LANES = 4;
const PRIMES = [0x9e3779b185ebca87n, 0xc2b2ae3d27d4eb4fn, 0x165667b19e3779f9n] as const;

/** Emits (memory offset, bytes, where the 64-bit result goes); the range is made of whole pages. */
export function emitDigest(code: Code): void {
  const [start, size, result] = [0, 1, 2];
  const page = code.local("i32");
  const at = code.local("i32");
  const total = code.local("i64");
  const lanes = Array.from({ length: LANES }, () => code.local("i64"));

  const done = code.block();
  const pages = code.loop();
  code.get(page).get(size).op("i32.ge_u").brIf(done);

  const zero = code.block();
  const found = code.block();
  code.i32(0).set(at);
  const scan = code.loop();
  pushWord(code, start, page, at, 0);
  for (let word = 1; word < 8; word++) {
    pushWord(code, start, page, at, 8 * word);
    code.op("i64.or");
  }
  code.op("i64.eqz", "i32.eqz").brIf(found);
  code.get(at).i32(64).op("i32.add").tee(at).i32(PAGE).op("i32.lt_u").brIf(scan);
  code.end().br(zero).end();

  code.i32(0).set(at);
  lanes.forEach((lane, index) => {
    code.get(page).op("i64.extend_i32_u").i64(PRIMES[2]).op("i64.mul");
    code
      .i64(BigInt(index + 1) * PRIMES[0])
      .op("i64.add")
      .set(lane);
  });
  const mix = code.loop();
  lanes.forEach((lane, index) => {
    code.get(lane);
    pushWord(code, start, page, at, 8 * index);
    code.i64(PRIMES[1]).op("i64.mul", "i64.add").i64(31n).op("i64.rotl");
    code.i64(PRIMES[0]).op("i64.mul").set(lane);
  });
  code
    .get(at)
    .i32(8 * LANES)
    .op("i32.add")
    .tee(at)
    .i32(PAGE)
    .op("i32.lt_u")
    .brIf(mix);
  code.end();
  for (const lane of lanes) {
    code.get(total).get(lane).op("i64.xor").i64(27n).op("i64.rotl");
    code.i64(PRIMES[0]).op("i64.mul").i64(PRIMES[2]).op("i64.add").set(total);
  }
  code.end();

  code.get(page).i32(PAGE).op("i32.add").set(page).br(pages);
  code.end().end();
  code.get(result).get(total).get(total).i64(32n).op("i64.shr_u", "i64.xor");
  code.i64(PRIMES[1]).op("i64.mul").access("i64.store", 0);
}

function pushWord(code: Code, start: number, page: number, at: number, offset: number): void {
  code.get(start).get(page).op("i32.add").get(at).op("i32.add").access("i64.load", offset);
}
