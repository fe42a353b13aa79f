/** Mutated expressions: a tree or a UserError, never another crash or a hang. */
import { expect, test } from "vitest";
import { UserError } from "../../daemon/src/base/errors.ts";
import { compileCondition } from "../../daemon/src/inspect/expression/condition.ts";
import { parse } from "../../daemon/src/inspect/expression/parse.ts";
import { random, rounds, SEED, TIMEOUT } from "./random.ts";

const SEEDS = [
  "coroutine == 17 && prio < 3 && hart == 1",
  "executor::EXECUTOR.lock.data[3].0->next as *const Task",
  String.raw`name == "a\u{41}\n" || 'x' != b'y'`,
  "*(($a0 + 24) as *const [u64; 4])[1] & !0xff_u64 >> 2",
  "&&x.is_some() == y.len() % 3 as Vec<Option<u8>>",
  "f::<Vec<u8>>::{impl#0}::X",
];
const PIECES = [
  "(",
  ")",
  "[",
  "]",
  "::",
  "<",
  ">>",
  "as ",
  "*",
  "&",
  "-",
  "'",
  '"',
  "\\",
  "$a0",
  "0x",
  "{",
  "}",
  "€",
  "\u0000",
  "9".repeat(40),
  ".len()",
  " == ",
];

test("mutated expressions", { timeout: TIMEOUT }, () => {
  const next = random(SEED);
  const pick = <T>(list: readonly T[]): T => list[next(list.length)]!;
  for (let round = 0; round < rounds(20_000); round++) {
    let text = pick(SEEDS);
    for (let n = next(6); n >= 0; n--) {
      const at = next(text.length + 1);
      const kind = next(4);
      if (kind === 0) text = text.slice(0, at) + pick(PIECES) + text.slice(at);
      else if (kind === 1) text = text.slice(0, at) + text.slice(at + 1 + next(4));
      else if (kind === 2) text = text.slice(0, at) + pick(SEEDS).slice(next(20));
      else text = text.slice(0, at) + text.slice(at).repeat(1 + next(3));
    }
    try {
      parse(text);
      compileCondition(text, ["coroutine", "prio", "x"]).test({ coroutine: 17, prio: 5n, x: 0 });
    } catch (error) {
      if (!(error instanceof UserError)) {
        expect.fail(
          `FUZZ_SEED=${SEED}, round ${round}: ${JSON.stringify(text)}: ${(error as Error).stack}`,
        );
      }
    }
  }
});
