// Numbers as people read them.

/** 83 -> "1:23", 3723 -> "1:02:03". */
export function clock(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const two = (value) => String(value).padStart(2, "0");
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  return hours ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

/** Unix seconds -> "14:03:22" in local time. */
export function timeOfDay(unix) {
  return new Date(unix * 1000).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false });
}

/** Unix seconds -> "19 May". */
export function day(unix) {
  return new Date(unix * 1000).toLocaleDateString("en-GB", { day: "numeric", month: "short", timeZone: "UTC" });
}

/** Unix seconds -> "2026-05-19", the day where this page is. */
export function isoDay(unix) {
  return new Date(unix * 1000).toLocaleDateString("sv-SE");
}

/** Unix seconds -> "19 May 14:03" in local time. */
export function moment(unix) {
  const at = new Date(unix * 1000);
  return `${at.toLocaleDateString("en-GB", { day: "numeric", month: "short" })} ${at.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" })}`;
}

/** 0.034 -> "3.4 %". */
export function percent(share) {
  return `${(share * 100).toFixed(1)} %`;
}

/** "+12025550142" -> "+1 202 555 0142"; other numbers in groups of three from the right. */
export function phone(number) {
  const american = /^\+1(\d{3})(\d{3})(\d{4})$/.exec(number);
  if (american) return `+1 ${american[1]} ${american[2]} ${american[3]}`;
  return number.replace(/\B(?=(\d{3})+(?!\d))/g, " ");
}
