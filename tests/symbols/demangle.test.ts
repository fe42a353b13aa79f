/** Rust's two mangling schemes: RFC 2603's grammar row by row, and the legacy one. */
import { expect, test } from "vitest";
import { demangle } from "../../daemon/src/symbols/demangle.ts";

const check = (symbol: string, expected: string | undefined) =>
  expect(demangle(symbol)?.name, symbol).toBe(expected);

test.each<[string, string]>([
  ["_RNvC6_123foo3bar", "123foo::bar"],
  ["_RNvNtCs1gdARiE7NlB_4core3mem4swap", "core::mem::swap"],
  [
    "_RNqCs4fqI2P2rA04_11utf8_identsu30____7hkackfecea1cbdathfdh9hlq6y",
    "utf8_idents::საჭმელად_გემრიელი_სადილი",
  ],
  ["_RNCNCNgCs6DXkGYLi8lr_2cc5spawn00B5_", "cc::spawn::{closure#0}::{closure#0}"],
  ["_RNSNvC1a1f6vtable", "a::f::{shim:vtable#0}"],
  [
    "_RNCINkXs25_NgCsbmNqQUJIY6D_4core5sliceINyB9_4IterhENuNgNoBb_4iter8iterator8Iterator9rpositionNCNgNpB9_6memchr7memrchrs_0E0Bb_",
    "<core::slice::Iter<u8> as core::iter::iterator::Iterator>::rposition::<core::slice::memchr::memrchr::{closure#1}>::{closure#0}",
  ],
  [
    "_RINbNbCskIICzLVDPPb_5alloc5alloc8box_freeDINbNiB4_5boxed5FnBoxuEp6OutputuEL_ECs1iopQbuBiw2_3std",
    "alloc::alloc::box_free::<dyn alloc::boxed::FnBox<(), Output = ()>>",
  ],
  ["_RMC0INtC8arrayvec8ArrayVechKj7b_E", "<arrayvec::ArrayVec<u8, 123>>"],
  ["_RMCs4fqI2P2rA04_13const_genericINtB0_6SignedKan80_E", "<const_generic::Signed<-128>>"],
  ["_RMCs4fqI2P2rA04_13const_genericINtB0_4BoolKb1_E", "<const_generic::Bool<true>>"],
  ["_RMCs4fqI2P2rA04_13const_genericINtB0_4CharKc76_E", "<const_generic::Char<'v'>>"],
  ["_RMCs4fqI2P2rA04_13const_genericINtB0_4CharKca_E", "<const_generic::Char<'\\n'>>"],
  ["_RINvC1a1fAhj4_ScE", "a::f::<[u8; 4], [char]>"],
  ["_RINvC1a1fThEThtEuE", "a::f::<(u8,), (u8, u16), ()>"],
  ["_RINvC1a1fRhQtPxOyE", "a::f::<&u8, &mut u16, *const i64, *mut u64>"],
  ["_RINvC1a1fFUKChEuFG_RL0_eEzE", "a::f::<unsafe extern \"C\" fn(u8), for<'a> fn(&'a str) -> !>"],
  ["_RINvC1a1fDNtC1b1TNtC1b1UEL_E", "a::f::<dyn b::T + b::U>"],
  ["_RNvYNtC1a1SNtC1b1T1m", "<a::S as b::T>::m"],
  ["_RNvCs2090gqqDppW_4mini5COUNT.0", "mini::COUNT.0"],
  ["_RNvC4mini3run.llvm.1234567890", "mini::run"],
])("v0: %s", check);

test.each<[string, string]>([
  ["_ZN4core3fmt5Write9write_fmt17h0123456789abcdefE", "core::fmt::Write::write_fmt"],
  [
    "_ZN63_$LT$core..ptr..Unique$LT$T$GT$$u20$as$u20$core..ops..Deref$GT$5deref17h15052fa4d5b8c3e4E",
    "<core::ptr::Unique<T> as core::ops::Deref>::deref",
  ],
  ["_ZN3foo17h05af221e174051e9E.llvm.A5310EB9", "foo"],
  ["_ZN4mini4main28_$u7b$$u7b$closure$u7d$$u7d$17h0123456789abcdefE", "mini::main::{{closure}}"],
])("legacy: %s", check);

test.each([
  "main",
  "_start",
  "_R",
  "_RNv",
  "_RNvC4min",
  "_RNvB_1a",
  "_RINvC1a1fKpKpKpKh_",
  "_ZN3fooE",
  "_ZN3std6vectorE",
  `_RINvC1a1f${"T".repeat(5000)}`,
  `_RINvC1a1f${"R".repeat(5000)}hE`,
])("not Rust's, or broken: %.40s", (symbol) => check(symbol, undefined));

test("a name that doubles at every step is refused, not built", () => {
  // Each tuple holds the one before it twice: 2^40 names without a bound.
  let symbol = "INvC1a1fThhE";
  let last = 8;
  for (let step = 0; step < 40; step++) {
    const at = symbol.length;
    const backref = last === 0 ? "B_" : `B${toBase62(last - 1)}_`;
    symbol += `T${backref}${backref}E`;
    last = at;
  }
  check(`_R${symbol}E`, undefined);
});

function toBase62(value: number): string {
  const digits = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
  return value < 62 ? digits[value]! : toBase62(Math.floor(value / 62)) + digits[value % 62]!;
}

test.each<[string, { self: string; trait: string | undefined } | undefined]>([
  [
    "_RNvMs1_Cs2090gqqDppW_4miniINtB5_8ExecutorKj8_E3runB5_",
    { self: "mini::Executor<8>", trait: undefined },
  ],
  [
    "_RNvXs0_Cs2090gqqDppW_4miniNtB5_4TaskNtNtCslTsnz1B1eG3_5alloc4task4Wake4wake",
    { self: "mini::Task", trait: "alloc::task::Wake" },
  ],
  [
    "_RNCNvMs1_Cs2090gqqDppW_4miniINtB7_8ExecutorKj8_E3run0B7_",
    { self: "mini::Executor<8>", trait: undefined },
  ],
  ["_RNvNtCs1gdARiE7NlB_4core3mem4swap", undefined],
])("the implementation that %s is of", (symbol, expected) => {
  expect(demangle(symbol)?.impl).toEqual(expected);
});
