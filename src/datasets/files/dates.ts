/** Dates in texts, in the forms that can be told apart. Times without a zone are UTC. */

const TIME = String.raw`(?:[T ]\s*(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?\s*([AaPp][Mm])?\s*(Z|UTC|GMT|[+-]\d{2}:?\d{2})?)?`;
const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const MONTH = String.raw`([A-Za-z]{3,9})\.?`;

interface DateForm {
  name: string;
  pattern: RegExp;
  /** The groups of year, month and day; day 0: the first of the month. */
  groups: [year: number, month: number, day: number];
}

const form = (name: string, pattern: string, groups: DateForm['groups']): DateForm => ({
  name,
  pattern: new RegExp(`^${pattern}$`),
  groups,
});

/** A column has the first form that all its values have. */
const DATE_FORMS: readonly DateForm[] = [
  form('YYYY-MM-DD', String.raw`(\d{4})-(\d{1,2})-(\d{1,2})${TIME}`, [1, 2, 3]),
  form('YYYY/MM/DD', String.raw`(\d{4})/(\d{1,2})/(\d{1,2})${TIME}`, [1, 2, 3]),
  form('DD.MM.YYYY', String.raw`(\d{1,2})\.(\d{1,2})\.(\d{4})${TIME}`, [3, 2, 1]),
  form('DD/MM/YYYY', String.raw`(\d{1,2})/(\d{1,2})/(\d{4})${TIME}`, [3, 2, 1]),
  form('MM/DD/YYYY', String.raw`(\d{1,2})/(\d{1,2})/(\d{4})${TIME}`, [3, 1, 2]),
  form('DD-MM-YYYY', String.raw`(\d{1,2})-(\d{1,2})-(\d{4})${TIME}`, [3, 2, 1]),
  form('MM-DD-YYYY', String.raw`(\d{1,2})-(\d{1,2})-(\d{4})${TIME}`, [3, 1, 2]),
  form('DD Mon YYYY', String.raw`(\d{1,2})[ -]${MONTH}[ -](\d{4})${TIME}`, [3, 2, 1]),
  form('Mon DD, YYYY', String.raw`${MONTH} (\d{1,2}),? (\d{4})${TIME}`, [3, 1, 2]),
  form('YYYY-MM', String.raw`(\d{4})-(\d{2})`, [1, 2, 0]),
];

/** A bit per form. */
export const ALL_FORMS = (1 << DATE_FORMS.length) - 1;
/** Of 03/04/2025 nobody can say whether it is in March or April. */
const AMBIGUOUS = ['DD/MM/YYYY', 'DD-MM-YYYY'].map((name) => {
  const place = DATE_FORMS.findIndex((form) => form.name === name);
  return 0b11 << place;
});

/** Those of `forms` that the text has. */
export function formsOf(text: string, forms: number): number {
  if (text.length < 7 || text.length > 40) return 0;
  let matching = 0;
  for (let i = 0; i < DATE_FORMS.length; i++)
    if ((forms >> i) & 1 && !Number.isNaN(readDate(text, i))) matching |= 1 << i;
  return matching;
}

/** The number and the name of the form to read a column in, of the forms that all its values have. */
export function chooseForm(forms: number): { number: number; name: string } | 'ambiguous' | null {
  if (forms === 0) return null;
  if (AMBIGUOUS.includes(forms)) return 'ambiguous';
  const number = DATE_FORMS.findIndex((_, i) => (forms >> i) & 1);
  return { number, name: DATE_FORMS[number]!.name };
}

/** Milliseconds since 1970 UTC; NaN if the text is not a date of this form. */
export function readDate(text: string, formNumber: number): number {
  if (formNumber === 0 && text.length === 10 && text[4] === '-' && text[7] === '-') return readIsoDay(text);
  const { pattern, groups } = DATE_FORMS[formNumber]!;
  const match = pattern.exec(text);
  if (match === null) return NaN;
  const year = Number(match[groups[0]]),
    month = monthOf(match[groups[1]]!),
    day = groups[2] === 0 ? 1 : Number(match[groups[2]]);
  const date = dayOf(year, month, day);
  if (Number.isNaN(date) || match[4] === undefined) return date;

  const minutes = Number(match[5]),
    seconds = Number(match[6] ?? 0),
    hours = hoursOf(Number(match[4]), match[8]);
  if (Number.isNaN(hours) || hours > 24 || minutes > 59 || seconds > 60) return NaN;
  const fraction = match[7] === undefined ? 0 : Math.round(Number(`0.${match[7]}`) * 1000);
  return date + ((hours * 60 + minutes) * 60 + seconds) * 1000 + fraction - zoneOf(match[9]);
}

/** YYYY-MM-DD, by far the most frequent, without a regular expression. */
function readIsoDay(text: string): number {
  const digitAt = (i: number) => {
    const digit = text.charCodeAt(i) - 48;
    return digit >= 0 && digit <= 9 ? digit : NaN;
  };
  const year = 1000 * digitAt(0) + 100 * digitAt(1) + 10 * digitAt(2) + digitAt(3);
  return dayOf(year, 10 * digitAt(5) + digitAt(6), 10 * digitAt(8) + digitAt(9));
}

function dayOf(year: number, month: number, day: number): number {
  // Date.UTC takes the 31st of April for the 1st of May, and years below 100 for those of the last century.
  const isDay = year >= 100 && month >= 1 && month <= 12 && day >= 1 && day <= daysOf(year, month);
  return isDay ? Date.UTC(year, month - 1, day) : NaN;
}

function daysOf(year: number, month: number): number {
  if (month !== 2) return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
  return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28;
}

const monthOf = (text: string) =>
  /^\d/.test(text) ? Number(text) : 1 + MONTHS.indexOf(text.slice(0, 3).toLowerCase());

function hoursOf(hours: number, half: string | undefined): number {
  if (half === undefined) return hours;
  if (hours < 1 || hours > 12) return NaN;
  return (hours % 12) + (half.toLowerCase() === 'pm' ? 12 : 0);
}

function zoneOf(zone: string | undefined): number {
  const match = zone === undefined ? null : /^([+-])(\d{2}):?(\d{2})$/.exec(zone);
  if (match === null) return 0;
  return (match[1] === '-' ? -1 : 1) * (Number(match[2]) * 60 + Number(match[3])) * 60_000;
}
