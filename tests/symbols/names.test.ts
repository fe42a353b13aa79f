/** Paths as text: taking apart, comparing, shortening. */
import { expect, test } from "vitest";
import {
  argumentsOf,
  lastName,
  logicalName,
  pathMatcher,
  plainPath,
  segments,
} from "../../daemon/src/symbols/names.ts";

test.each<[string, readonly string[]]>([
  ["a::b::c", ["a", "b", "c"]],
  ["alloc::sync::Arc<a::T, b::A>::new<x::Y>", ["alloc", "sync", "Arc<a::T, b::A>", "new<x::Y>"]],
  ["<a::T as b::U>::f", ["<a::T as b::U>", "f"]],
  ["a::f::{closure_env#0}<fn(a::B) -> c::D>", ["a", "f", "{closure_env#0}<fn(a::B) -> c::D>"]],
  ["f::<a::T>::{closure#1}", ["f", "<a::T>", "{closure#1}"]],
])("segments of %s", (path, expected) => expect(segments(path)).toEqual(expected));

test.each([
  ["mini::Executor<8>::spawn<a::F>", "mini::Executor::spawn"],
  ["<mini::Task as alloc::task::Wake>::wake", "mini::Task::wake"],
  ["<mini::Executor<8>>::run", "mini::Executor::run"],
  ["<&T as core::fmt::Debug>::fmt", "&T::fmt"],
  ["a::f::{async_fn_env#0}<u8>", "a::f::{async_fn_env#0}"],
])("%s plainly is %s", (path, expected) => expect(plainPath(path)).toBe(expected));

test.each<[string, readonly string[]]>([
  ["Arc<a::T<x, y>, B>", ["a::T<x, y>", "B"]],
  ["f<fn(a, b) -> c, [u8; 4]>", ["fn(a, b) -> c", "[u8; 4]"]],
  ["plain", []],
])("arguments of %s", (segment, expected) => expect(argumentsOf(segment)).toEqual(expected));

test.each<[string, string, boolean]>([
  ["Executor::spawn", "asyncos::executor::Executor<8>::spawn<F>", true],
  ["asyncos::executor::Executor::spawn", "asyncos::executor::Executor::spawn", true],
  ["spawn", "asyncos::executor::Executor::spawn", true],
  ["pawn", "asyncos::executor::Executor::spawn", false],
  ["Executor::spawn", "asyncos::OtherExecutor::spawn", false],
  ["<Task as Wake>::wake", "asyncos::Task::wake", true],
  ["Option<u8>", "core::option::Option<u8>", true],
  ["Option<u8>", "core::option::Option<u16>", false],
  ["raw_waker::wake::<mini::Task>", "alloc::task::raw_waker::wake<mini::Task>", true],
])("pattern %s on %s", (pattern, path, expected) => {
  expect(pathMatcher(pattern)(path)).toBe(expected);
});

test.each<[string, ReturnType<typeof logicalName>]>([
  ["a::ring::pass::{async_fn#0}", { name: "a::ring::pass", form: "async fn" }],
  ["a::ring::pass::{async_fn_env#0}<u8>", { name: "a::ring::pass", form: "async fn" }],
  ["a::start::{async_block_env#1}", { name: "a::start::{async_block#1}", form: "async block" }],
  [
    "a::start::{async_block#0}<b::{async_fn_env#0}>",
    { name: "a::start::{async_block#0}<b::{async_fn_env#0}>", form: "async block" },
  ],
  ["a::f::{closure#2}", { name: "a::f::{closure#2}", form: "closure" }],
  ["a::f", { name: "a::f", form: undefined }],
])("users know %s as", (path, expected) => expect(logicalName(path)).toEqual(expected));

test.each([
  ["alloc::boxed::Box<dyn a::Future<Output=()>>", "Box"],
  ["core::mem::swap::<u8>", "swap"],
  ["main", "main"],
])("the last name of %s is %s", (path, expected) => expect(lastName(path)).toBe(expected));
