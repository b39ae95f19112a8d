/** Dates in fields (RFC 9110, 5.6.7): the current form, and the two obsolete ones. */

const FORMS = [
  /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), (?<day>\d{2}) (?<month>[A-Z][a-z]{2}) (?<year>\d{4}) (?<time>\d{2}:\d{2}:\d{2}) GMT$/,
  /^(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day, (?<day>\d{2})-(?<month>[A-Z][a-z]{2})-(?<year>\d{2}) (?<time>\d{2}:\d{2}:\d{2}) GMT$/,
  /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) (?<month>[A-Z][a-z]{2}) (?<day>[ \d]\d) (?<time>\d{2}:\d{2}:\d{2}) (?<year>\d{4})$/,
];
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** Seconds since 1970; NaN: not a date. @param nowS decides about years of two digits: at most 50 years ahead */
export function parseHttpDate(text: string, nowS: number): number {
  for (const form of FORMS) {
    const groups = form.exec(text)?.groups;
    if (groups === undefined) continue;
    const { day = '', month = '', year = '', time = '' } = groups;
    const at = MONTHS.indexOf(month);
    const [hour = 0, minute = 0, second = 0] = time.split(':').map(Number);
    if (at === -1 || hour > 23 || minute > 59 || second > 60) return NaN;
    const seconds = Date.UTC(fullYear(year, nowS), at, Number(day), hour, minute, second) / 1000;
    return new Date(seconds * 1000).getUTCDate() === Number(day) || second === 60 ? seconds : NaN;
  }
  return NaN;
}

function fullYear(year: string, nowS: number): number {
  if (year.length === 4) return Number(year);
  const thisYear = new Date(nowS * 1000).getUTCFullYear();
  const full = Math.floor(thisYear / 100) * 100 + Number(year);
  return full > thisYear + 50 ? full - 100 : full;
}
