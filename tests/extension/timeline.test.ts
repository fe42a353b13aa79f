/** The Timeline's moves, its scale, and what it asks for: without a page. */
import { describe, expect, test } from "vitest";
import { type Held, nextQuery, type Wanted } from "../../extension/src/timeline/fetching.ts";
import { timelineBody } from "../../extension/src/timeline/html.ts";
import type { TimelineBody } from "../../extension/src/timeline/messages.ts";
import { everything, formatTime, pan, ticks, zoom } from "../../extension/src/timeline/viewport.ts";
import { pageHtml } from "../../extension/src/webview/html.ts";

const bounds = { begin: 0, end: 1_000_000 };

test.each([
  [0, 1, "0"],
  [999, 1, "999"],
  [1234, 1, "1.234 k"],
  [1234, 100, "1.2 k"],
  [1_500_000, 500_000, "1.5 M"],
  [1_500_001, 1, "1.500001 M"],
  [2e9, 1e9, "2 G"],
  [12_345_678_901, 1e6, "12.346 G"],
] as const)("%d told from what is %d away is %s", (time, step, text) => {
  expect(formatTime(time, step)).toBe(text);
});

test.each([
  [{ from: 0, to: 1_000_000 }, 1000, 100_000],
  [{ from: 0, to: 1_000_000 }, 300, 500_000],
  [{ from: 123_456, to: 123_466 }, 1000, 1],
  [{ from: 5e9, to: 5e9 + 777 }, 500, 200],
] as const)("the ruler of %o in %d pixels has a tick each %d", (view, width, step) => {
  const { step: found, times } = ticks(view, width, 100);
  expect(found).toBe(step);
  expect(times.every((time) => time % step === 0 && time >= view.from && time <= view.to)).toBe(
    true,
  );
});

describe("moves", () => {
  test("zooming keeps the time under the pointer", () => {
    for (const part of [0, 0.3, 0.9]) {
      const view = { from: 400_000, to: 500_000 };
      const at = view.from + part * 100_000;
      const closer = zoom(view, 0.5, part, bounds);
      expect(closer.to - closer.from).toBeCloseTo(50_000);
      expect(closer.from + part * 50_000).toBeCloseTo(at);
    }
  });

  test("neither further in than ten instructions nor further out than all", () => {
    let view = everything(bounds);
    for (let i = 0; i < 100; i++) view = zoom(view, 0.5, 0.5, bounds);
    expect(view.to - view.from).toBe(10);
    for (let i = 0; i < 100; i++) view = zoom(view, 2, 0.5, bounds);
    expect(view.to - view.from).toBeCloseTo(1_200_000);
  });

  test.each([-1, 1])("going on to one side (%d) something stays in sight", (way) => {
    let view = { from: 400_000, to: 500_000 };
    for (let i = 0; i < 100; i++) view = pan(view, way * 0.4, bounds);
    expect(view.to - view.from).toBeCloseTo(100_000);
    expect(view.from).toBeLessThan(bounds.end);
    expect(view.to).toBeGreaterThan(bounds.begin);
  });
});

describe("questions", () => {
  const wanted = (more: Partial<Wanted> = {}): Wanted => ({
    view: { from: 400_000, to: 500_000 },
    width: 1000,
    firstRow: 0,
    rows: 20,
    filter: "",
    active: false,
    version: 1,
    ...more,
  });
  const answered = (asked: Wanted, total = 100): Held => {
    const query = nextQuery(asked, undefined, bounds)!;
    const { count, start } = query.lanes;
    const rows = new Array(Math.min(count, total - start)).fill({});
    const body = { start, total, rows } as unknown as TimelineBody;
    return { body, wanted: asked, query };
  };

  test("half a picture at each side, rows around, and as many pixels for each instruction", () => {
    expect(nextQuery(wanted({ firstRow: 30 }), undefined, bounds)).toEqual({
      from: 350_000,
      to: 550_000,
      width: 2000,
      lanes: { start: 20, count: 40 },
    });
  });

  const held = answered(wanted());
  test.each<[string, Partial<Wanted>]>([
    ["nothing moved", {}],
    ["a little to the right", { view: { from: 430_000, to: 530_000 } }],
    ["a little closer", { view: { from: 405_000, to: 495_000 } }],
    ["some rows down", { firstRow: 9 }],
  ])("is not asked again: %s", (_, more) => {
    expect(nextQuery(wanted(more), held, bounds)).toBeUndefined();
  });

  test.each<[string, Partial<Wanted>]>([
    ["far to the right", { view: { from: 445_000, to: 545_000 } }],
    ["twice as close", { view: { from: 425_000, to: 475_000 } }],
    ["many rows down", { firstRow: 40 }],
    ["more has happened", { version: 2 }],
    ["another filter", { filter: "ring" }],
    ["only the active", { active: true }],
  ])("is asked again: %s", (_, more) => {
    expect(nextQuery(wanted(more), held, bounds)).toBeDefined();
  });

  test("an answer to a question is enough for what was asked, whatever the range", () => {
    for (const end of [1000, 999_983, 12_345_678_901]) {
      for (const part of [1, 3, 1000]) {
        for (const width of [1, 777, 5000, 20_000]) {
          const all = { begin: 17, end };
          const view = { from: 17, to: 17 + Math.max(10, end / part) };
          const asked = wanted({ view, width });
          expect(nextQuery(asked, answered(asked), all)).toBeUndefined();
        }
      }
    }
  });

  test("what lies beyond all that is held is not waited for", () => {
    const view = { from: 0, to: 1_000_000 };
    expect(nextQuery(wanted({ view }), answered(wanted({ view })), bounds)).toBeUndefined();
  });
});

test("the page may load its own script and style, and nothing else", () => {
  const resources = { script: "s:/a.js", style: "s:/a.css", source: "s:", nonce: "n0" };
  const html = pageHtml(resources, { title: "Timeline", body: timelineBody() });
  expect(html).toContain("default-src 'none'; style-src s: 'nonce-n0'; script-src 'nonce-n0'");
  expect(html).not.toMatch(/unsafe|onclick|style="/);
  for (const [, tag] of html.matchAll(/<(script[^>]*)>/g)) expect(tag).toContain('nonce="n0"');
});
