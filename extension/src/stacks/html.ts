/** What stands in the body of the page of the parallel stacks. */
import { t } from "../base/words.ts";
import { html } from "../webview/html.ts";

export const stacksBody = (): string => html`<header>
<h1 class="spoken">${t("Parallel stacks")}</h1>
<input id="filter" type="search" placeholder="${t("Function, file, hart 2 or thread name")}" aria-label="${t("Only stacks with this text")}">
<label><input id="hart" type="checkbox" checked>${t("Harts")}</label>
<label><input id="thread" type="checkbox" checked>${t("Threads")}</label>
<label><input id="coroutine" type="checkbox" checked>${t("Coroutines")}</label>
<span id="note" role="status" aria-live="polite"></span>
</header>
<main aria-describedby="keys">
<div id="forest"></div>
<div id="empty" hidden><p id="why"></p><button id="start" hidden>${t("Debug the Bundled Kernel")}</button></div>
</main>
<div hidden id="keys">${t("Up and down go from frame to frame, right to the stacks that go on from here, left back towards the outermost frame. Enter shows the source.")}</div>`;
