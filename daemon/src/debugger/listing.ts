/**
 * Code as instructions around an address. Instructions have two lengths, so that going backwards
 * begins at the head of the function, and elsewhere at a guess that meets the address.
 */
import { type Address, address } from "../base/brand.ts";
import type { Inspector } from "../inspect/api.ts";
import { disassemble } from "../isa/disassemble.ts";
import type { Hart } from "../machine/api.ts";
import type { SourceLocation } from "../symbols/api.ts";
import { fetch } from "./flow.ts";

export interface Line {
  readonly address: Address;
  /** Undefined where nothing is mapped. */
  readonly text: string | undefined;
  /** `13 05 00 00`, lowest address first. */
  readonly bytes: string | undefined;
  /** Set at the head of a function. */
  readonly symbol: string | undefined;
  /** Set where the source line differs from the instruction before. */
  readonly location: SourceLocation | undefined;
}

interface Piece {
  readonly address: Address;
  readonly length: number;
  readonly word: number | undefined;
}

/** Exactly `count` lines; the first is `skip` instructions after (before, when negative) `from`. */
export function listing(
  hart: Hart,
  inspector: Inspector,
  from: Address,
  skip: number,
  count: number,
): readonly Line[] {
  const start = address(from & ~1n);
  const before = skip < 0 ? backwards(hart, inspector, start, -skip) : [];
  const ahead = Math.max(0, skip + count);
  const after: Piece[] = [];
  for (let at = start; after.length < ahead; ) {
    const piece = pieceAt(hart, at);
    after.push(piece);
    at = address(at + BigInt(piece.length));
  }
  const pieces = [...before, ...after].slice(Math.max(0, skip)).slice(0, count);
  let previous: string | undefined;
  return pieces.map((piece) => {
    const line = describe(hart, inspector, piece);
    const { location } = line;
    const key = location && `${location.path}:${location.line}`;
    const same = key !== undefined && key === previous;
    previous = key;
    return same ? { ...line, location: undefined } : line;
  });
}

function pieceAt(hart: Hart, at: Address): Piece {
  const word = fetch(hart, at);
  const length = word !== undefined && (word & 3) === 3 ? 4 : 2;
  return { address: at, length, word };
}

/** The `count` instructions that end where `end` begins. */
function backwards(hart: Hart, inspector: Inspector, end: Address, count: number): Piece[] {
  const found: Piece[] = [];
  let to = end;
  while (found.length < count) {
    const pieces = stretch(hart, inspector, to, count - found.length);
    found.unshift(...pieces);
    to = pieces[0]!.address;
  }
  return found.slice(found.length - count);
}

/** Some instructions that end exactly at `end`, at least one. */
function stretch(hart: Hart, inspector: Inspector, end: Address, wanted: number): Piece[] {
  const last = address(end - 2n);
  const module = inspector.modules.at(hart, last);
  const fn = module?.symbols.functionAt(address(last - module.bias));
  const range = fn?.ranges.find(({ low, high }) => {
    const local = last - module!.bias;
    return local >= low && local < high;
  });
  const guesses: Address[] = [];
  if (range) guesses.push(address(range.low + module!.bias));
  else {
    // The nearest start from which decoding meets the address; the farther it is, the surer.
    for (let halfwords = Math.min(2 * wanted, 16); halfwords > 0; halfwords -= 1) {
      guesses.push(address(end - 2n * BigInt(halfwords)));
    }
  }
  for (const guess of guesses) {
    const pieces = decodeUpTo(hart, guess, end);
    if (pieces) return pieces;
  }
  return [{ address: last, length: 2, word: fetchHalf(hart, last) }];
}

const fetchHalf = (hart: Hart, at: Address): number | undefined => {
  const half = hart.readUint(at, 2);
  return half === undefined || (half & 3n) === 3n ? undefined : Number(half);
};

/** Undefined when decoding from here does not meet `end`, or runs into unmapped memory. */
function decodeUpTo(hart: Hart, from: Address, end: Address): Piece[] | undefined {
  if (from >= end) return undefined;
  const pieces: Piece[] = [];
  let at = from;
  while (at < end) {
    const piece = pieceAt(hart, at);
    if (piece.word === undefined) return undefined;
    pieces.push(piece);
    at = address(at + BigInt(piece.length));
  }
  return at === end ? pieces : undefined;
}

function describe(hart: Hart, inspector: Inspector, { address: at, length, word }: Piece): Line {
  if (word === undefined) {
    return {
      address: at,
      text: undefined,
      bytes: undefined,
      symbol: undefined,
      location: undefined,
    };
  }
  const bytes = Array.from({ length }, (_, index) =>
    ((word >>> (8 * index)) & 0xff).toString(16).padStart(2, "0"),
  ).join(" ");
  const module = inspector.modules.at(hart, at);
  const local = module && address(at - module.bias);
  const { mnemonic, operands } = disassemble(word, at);
  const symbol = module?.symbols.symbolAt(local!);
  return {
    address: at,
    text: `${mnemonic.padEnd(7)} ${operands}`.trimEnd(),
    bytes,
    symbol: symbol?.offset === 0 ? symbol.name : undefined,
    location: module?.symbols.locationAt(local!),
  };
}
