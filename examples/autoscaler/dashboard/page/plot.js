// A line plot over the last two minutes, as SVG: axes with units, a legend, and marks of decisions.
const SPAN = 120_000;
const MARGIN = { left: 44, right: 8, top: 8, bottom: 20 };
const HEIGHT = 190;
const NS = 'http://www.w3.org/2000/svg';

const element = (name, attributes, text) => {
  const made = document.createElementNS(NS, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (text !== undefined) made.textContent = text;
  return made;
};

/** A round number that is at least `value`, and how many steps an axis to it has. */
function roundUp(value) {
  const power = 10 ** Math.floor(Math.log10(Math.max(value, 1e-9)));
  const top = [1, 2, 4, 5, 8, 10].find((factor) => factor * power >= value) * power;
  return { top, steps: [1, 5, 10].includes(top / power) ? 5 : 4 };
}

/**
 * @param {HTMLElement} figure
 * @param {{ title: string, lines: { label: string, colour: string, value: (moment) => number | undefined, stepped?: boolean }[], least?: number }} options
 */
export function plot(figure, { title, lines, least = 1 }) {
  const caption = document.createElement('figcaption');
  caption.append(Object.assign(document.createElement('b'), { textContent: title }));
  for (const { label, colour } of lines) {
    const entry = Object.assign(document.createElement('i'), { textContent: label, className: colour });
    caption.append(entry);
  }
  const svg = element('svg', { role: 'img', 'aria-label': title });
  figure.append(caption, svg);

  /** @param {object[]} moments @param {number[]} marks dates of decisions */
  return function draw(moments, marks) {
    const width = svg.clientWidth || 600;
    svg.setAttribute('viewBox', `0 0 ${width} ${HEIGHT}`);
    const now = moments.at(-1)?.date ?? Date.now();
    const seen = moments.filter(({ date }) => date >= now - SPAN);
    const values = seen.flatMap((moment) => lines.map(({ value }) => value(moment) ?? 0));
    const { top, steps } = roundUp(Math.max(least, ...values));
    const inner = { width: width - MARGIN.left - MARGIN.right, height: HEIGHT - MARGIN.top - MARGIN.bottom };
    const x = (date) => MARGIN.left + inner.width * (1 - (now - date) / SPAN);
    const y = (value) => MARGIN.top + inner.height * (1 - value / top);

    const parts = [];
    for (let i = 0; i <= steps; i++) {
      const value = (top * i) / steps;
      parts.push(element('line', { class: 'grid', x1: MARGIN.left, x2: width - MARGIN.right, y1: y(value), y2: y(value) }));
      parts.push(element('text', { x: MARGIN.left - 6, y: y(value) + 4, 'text-anchor': 'end' }, +value.toPrecision(3)));
    }
    for (const seconds of [120, 90, 60, 30, 0]) {
      const anchor = seconds === 120 ? 'start' : seconds === 0 ? 'end' : 'middle';
      const text = seconds === 0 ? 'now' : `−${seconds} s`;
      parts.push(element('text', { x: x(now - seconds * 1000), y: HEIGHT - 5, 'text-anchor': anchor }, text));
    }
    for (const date of marks)
      if (date >= now - SPAN && date <= now)
        parts.push(element('line', { class: 'mark', x1: x(date), x2: x(date), y1: MARGIN.top, y2: MARGIN.top + inner.height }));
    for (const { colour, value, stepped } of lines) {
      let d = '';
      let before;
      for (const moment of seen) {
        const number = value(moment);
        if (number === undefined || number === null) {
          before = undefined;
          continue;
        }
        const [px, py] = [x(moment.date).toFixed(1), y(number).toFixed(1)];
        d += before === undefined ? `M${px} ${py}` : stepped ? `H${px}V${py}` : `L${px} ${py}`;
        before = number;
      }
      if (d !== '') parts.push(element('path', { d, class: colour }));
    }
    svg.replaceChildren(...parts);
  };
}
