/** What an input from outside does to the machine, whether it comes now or out of a journal. */
import { assert, unreachable } from "../base/errors.ts";
import type { Board } from "./board.ts";
import type { OutsideInput } from "./journal.ts";
import { ramOffset } from "./memory.ts";
import type { Runner } from "./runner.ts";
import { highOf, lowOf } from "./word64.ts";

export function applyInput(board: Board, runner: Runner, input: OutsideInput): void {
  switch (input.kind) {
    case "console":
      board.console.feed(input.bytes);
      board.control.attention = true;
      return;
    case "register":
      setRegister(board, input.hart, input.register, input.value);
      return;
    case "memory":
      board.memory.poke(ramOffset(input.address), input.bytes);
      return;
    case "freeze":
      board.harts[input.hart]!.held = input.frozen;
      runner.chosen();
      return;
    case "only":
      runner.only = input.harts;
      runner.chosen();
      return;
    default:
      unreachable(input);
  }
}

function setRegister(board: Board, hart: number, register: string, value: bigint): void {
  const core = board.cores[hart];
  const number = /^x(\d+)$/.exec(register)?.[1];
  assert(core !== undefined, "a register is of a hart that is there");
  if (register === "pc") {
    core.setPc(lowOf(value), highOf(value));
    // A hook at the new place has not been called yet.
    board.hooks.forget(hart);
    return;
  }
  assert(number !== undefined, "a register that is written has a name of this machine");
  core.setX(Number(number), lowOf(value), highOf(value));
}
