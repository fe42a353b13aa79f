/** What stands in the body of the page of the parallel stacks. */
export const STACKS_BODY = `<header>
<h1 class="spoken">Parallel stacks</h1>
<input id="filter" type="search" placeholder="Function, file, hart 2 or thread name" aria-label="Only stacks with this text">
<label><input id="hart" type="checkbox" checked>Harts</label>
<label><input id="thread" type="checkbox" checked>Threads</label>
<label><input id="coroutine" type="checkbox" checked>Coroutines</label>
<span id="note" role="status" aria-live="polite"></span>
</header>
<main aria-describedby="keys">
<div id="forest"></div>
<div id="empty" hidden><p id="why"></p><button id="start" hidden>Debug the Bundled Kernel</button></div>
</main>
<div hidden id="keys">Up and down go from frame to frame, right to the stacks that go on from here, left back towards the outermost frame. Enter shows the source.</div>`;
