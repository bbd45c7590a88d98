// What pages that fold messages share: one drawing a frame however much has changed, and words that pass.

/**
 * At most one drawing per frame. A hidden page gets no frames, but what it says to who is elsewhere (its title, live
 * regions) must still come, after `hiddenMs`.
 * @param {() => void} drawNow
 * @param {number} hiddenMs
 * @returns {() => void} asks for a drawing
 */
export function createDrawing(drawNow, hiddenMs) {
  let scheduled = false;
  function frame() {
    scheduled = false;
    drawNow();
  }
  return function draw() {
    if (scheduled) return;
    scheduled = true;
    if (document.hidden) setTimeout(frame, hiddenMs);
    else requestAnimationFrame(frame);
  };
}

/**
 * A line that is shown for a while; the latest one counts.
 * @param {() => void} draw
 * @param {number} lastsMs
 */
export function createNotice(draw, lastsMs) {
  let timer = 0;
  const notice = {
    words: "",
    tell(words) {
      notice.words = words;
      clearTimeout(timer);
      timer = setTimeout(() => {
        notice.words = "";
        draw();
      }, lastsMs);
      draw();
    },
  };
  return notice;
}
