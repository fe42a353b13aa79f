/** What stands in the body of the Timeline's page. */
import { t } from "../base/words.ts";
import { html } from "../webview/html.ts";

export const timelineBody = (): string => html`<header>
<h1 class="spoken">${t("Timeline")}</h1>
<input type="search" id="filter" placeholder="${t("Coroutine: name or id")}" aria-label="${t("Show the coroutines with this name or id")}">
<label><input type="checkbox" id="active">${t("Only those in sight")}</label>
<div id="legend" aria-hidden="true"><span class="running">${t("polled")}</span><span class="preempted">${t("forced off")}</span><span class="ready">${t("ready")}</span><span class="wake">${t("wake")}</span></div>
<div id="note"></div>
</header>
<main>
<div id="scroller" tabindex="0" role="application" aria-label="${t("Timeline")}" aria-describedby="keys" class="bare"><canvas id="canvas"></canvas><div id="spacer"></div></div>
<aside id="figures" role="region" aria-label="${t("Figures of the selected range")}" tabindex="0" hidden></aside>
<div id="empty"><p id="why"></p><button id="start" hidden>${t("Debug the Bundled Kernel")}</button></div>
<div class="spoken" id="keys">${t("Left and right move in time, up and down between rows, plus and minus zoom, 0 shows all. Shift with left and right goes from one event of a row to the next, Enter shows its source. S selects what is in sight and shows its figures, Escape ends the selection.")}</div>
<div class="spoken" id="live" role="status" aria-live="polite"></div>
<div class="spoken"><table id="spoken" aria-label="${t("What is in sight")}"></table></div>
</main>
<div id="tip" role="tooltip" hidden></div>`;
