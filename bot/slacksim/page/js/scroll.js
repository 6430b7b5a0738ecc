// Keeping the newest message in sight for those who were looking at it, and everybody else where they are.

const near = 40; // pixels from the end that still count as being there

export function follow(scroller, content) {
  let pinned = true;
  const atEnd = () => scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < near;
  const toEnd = () => { pinned = true; scroller.scrollTop = scroller.scrollHeight; };
  scroller.addEventListener("scroll", () => { pinned = atEnd(); }, { passive: true });
  // Pictures that load late and a composer that grows move the end too.
  const watch = new ResizeObserver(() => { if (pinned) toEnd(); });
  watch.observe(content);
  watch.observe(scroller);
  return {
    toEnd,
    keep(draw) {
      const was = pinned;
      draw();
      if (was) toEnd();
    },
  };
}
