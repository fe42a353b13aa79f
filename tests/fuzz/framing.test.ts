/** Mutated message streams in random pieces: whole messages or a FormatError, never another end. */
import { expect, it } from "vitest";
import { FormatError } from "../../daemon/src/base/errors.ts";
import { FrameReader, frame, MAX_HEADER_BYTES } from "../../daemon/src/server/framing.ts";
import { random, rounds, SEED, TIMEOUT } from "./random.ts";

const ROUNDS = rounds(3000);
const MAX_BODY = 4096;

type Below = (bound: number) => number;

function stream(below: Below): { bytes: Buffer; bodies: string[] } {
  const bodies = Array.from({ length: 1 + below(4) }, () => "é{".repeat(below(200)));
  return { bytes: Buffer.from(bodies.map(frame).join("")), bodies };
}

function mutate(bytes: Buffer, below: Below): Buffer {
  const copy = Buffer.from(bytes);
  const edits = 1 + below(4);
  for (let edit = 0; edit < edits && copy.length > 0; edit++) {
    copy[below(copy.length)] = below(256);
  }
  const cut = below(copy.length + 1);
  return below(4) === 0 ? Buffer.concat([copy.subarray(cut), copy.subarray(0, cut)]) : copy;
}

function feed(reader: FrameReader, bytes: Buffer, below: Below): string[] {
  const bodies: string[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = at + 1 + below(below(2) ? 16 : 2000);
    bodies.push(...reader.feed(bytes.subarray(at, end)));
    at = end;
  }
  return bodies;
}

it(`seed ${SEED}: whole streams come through, mutated ones end cleanly`, {
  timeout: TIMEOUT,
}, () => {
  const below = random(SEED);
  let refused = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const { bytes, bodies } = stream(below);
    const good = new FrameReader(MAX_BODY);
    expect(feed(good, bytes, below), `round ${round}`).toEqual(bodies);
    expect(good.clean).toBe(true);

    const bad = mutate(bytes, below);
    try {
      const got = feed(new FrameReader(MAX_BODY), bad, below);
      for (const body of got) expect(body.length).toBeLessThanOrEqual(MAX_BODY);
    } catch (error) {
      expect(error, `round ${round}`).toBeInstanceOf(FormatError);
      expect((error as Error).message.length).toBeLessThan(MAX_HEADER_BYTES);
      refused++;
    }
  }
  expect(refused).toBeGreaterThan(ROUNDS / 50);
});
