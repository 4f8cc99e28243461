// The page's life: events in, figures, plots and tables out, and the two forms.
import { plot } from './plot.js';

const $ = (id) => document.getElementById(id);
const KEPT = 240;
const LOGGED = 200;

const moments = [];
/** Dates of decisions to scale. */
const marks = [];

const plots = [
  plot($('plot-rate'), {
    title: 'requests a second',
    lines: [
      { label: 'offered', colour: 'orange', value: (m) => m.offered },
      { label: 'served', colour: 'blue', value: (m) => m.served },
    ],
    least: 10,
  }),
  plot($('plot-replicas'), {
    title: 'replicas',
    lines: [
      { label: 'wanted', colour: 'orange', value: (m) => m.desired, stepped: true },
      { label: 'serving', colour: 'green', value: (m) => m.replicas, stepped: true },
      { label: 'warm', colour: 'blue', value: (m) => m.warm, stepped: true },
    ],
    least: 4,
  }),
  plot($('plot-queue'), {
    title: 'requests that wait at the balancer',
    lines: [{ label: 'queue', colour: 'violet', value: (m) => m.queue }],
    least: 10,
  }),
  plot($('plot-latency'), {
    title: 'latency, ms (queue included)',
    lines: [
      { label: 'median', colour: 'blue', value: (m) => m.p50 },
      { label: '99th percentile', colour: 'red', value: (m) => m.p99 },
    ],
    least: 10,
  }),
];

const whole = (value) => (value === undefined || value === null ? '–' : Math.round(value).toLocaleString('en'));
const mebibytes = (value) => (value === undefined ? '–' : String(Math.round(value / 2 ** 20)));
const percent = (value) => (value === undefined ? '–' : String(value < 10 ? value.toFixed(1) : Math.round(value)));

const cell = (text, name) => Object.assign(document.createElement('td'), { textContent: text, className: name ?? '' });

function showReplicas(replicas) {
  const rows = replicas.map(({ name, phase, current, answered, cpu, memory, pressure }) => {
    const row = document.createElement('tr');
    row.append(
      cell(name),
      cell(phase, phase),
      cell(current, 'n'),
      cell(whole(answered), 'n'),
      cell(cpu === undefined ? '–' : percent(cpu * 100), 'n'),
      cell(mebibytes(memory), 'n'),
      cell(percent(pressure), 'n'),
    );
    return row;
  });
  $('replicas').tBodies[0].replaceChildren(...rows);
}

const settings = $('settings');
let settingsShown = '';

function showSettings({ policy, policies, min, max, pool }) {
  const text = JSON.stringify([policy, min, max, pool]);
  // What is being typed is not overwritten.
  if (text === settingsShown || settings.contains(document.activeElement)) return;
  settingsShown = text;
  const all = policies.includes(policy) ? policies : [...policies, policy];
  settings.policy.replaceChildren(...all.map((name) => new Option(name, name, false, name === policy)));
  Object.assign(settings.min, { value: min });
  Object.assign(settings.max, { value: max });
  Object.assign(settings.pool, { value: pool });
}

function show(view) {
  const { moment, replicas, load, controllerCpu } = view;
  if (moment) {
    $('offered').textContent = whole(moment.offered);
    $('served').textContent = whole(moment.served);
    $('serving').textContent = `${moment.replicas} of ${moment.desired}`;
    $('queue').textContent = whole(moment.queue);
    $('latency').textContent = whole(moment.p99);
    $('errors').textContent = whole(moment.errors);
  }
  $('cpu').textContent = (controllerCpu * 100).toFixed(1);
  $('under-way').textContent = load ? `${load.shape} is under way` : 'no load';
  showReplicas(replicas);
  showSettings(view);
  for (const draw of plots) draw(moments, marks);
}

function log(entry) {
  if (entry.kind === 'scale') marks.push(entry.date);
  const item = document.createElement('li');
  const time = document.createElement('time');
  time.textContent = new Date(entry.date).toLocaleTimeString('en-GB');
  item.className = entry.kind;
  item.append(time, entry.text);
  $('log').prepend(item);
  while ($('log').children.length > LOGGED) $('log').lastChild.remove();
}

function connect() {
  const events = new EventSource('api/events');
  const state = (text, lost) => {
    $('connection').textContent = text;
    $('connection').className = lost ? 'lost' : '';
  };
  events.addEventListener('open', () => state('live', false));
  // The browser tries again by itself.
  events.addEventListener('error', () => state('the controller does not answer', true));
  events.addEventListener('all', ({ data }) => {
    const all = JSON.parse(data);
    moments.splice(0, Infinity, ...all.moments);
    marks.length = 0;
    $('log').replaceChildren();
    for (const entry of all.entries) log(entry);
    show(all.view);
  });
  events.addEventListener('view', ({ data }) => {
    const view = JSON.parse(data);
    if (view.moment) moments.push(view.moment);
    if (moments.length > KEPT) moments.shift();
    show(view);
  });
  events.addEventListener('entry', ({ data }) => log(JSON.parse(data)));
}

async function post(path, body, output, done) {
  try {
    const response = await fetch(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    const text = response.ok ? done : ((await response.json()).error ?? `status ${response.status}`);
    output.textContent = text;
    output.className = response.ok ? '' : 'wrong';
  } catch {
    output.textContent = 'the controller does not answer';
    output.className = 'wrong';
  }
}

$('load').addEventListener('submit', (event) => {
  event.preventDefault();
  const { shape, low, high, duration } = event.target;
  const body = { shape: shape.value, low: +low.value, high: +high.value, duration: +duration.value };
  void post('api/load', body, $('under-way'), 'started');
});
$('stop').addEventListener('click', () => void post('api/load', { shape: 'none' }, $('under-way'), 'stopped'));
settings.addEventListener('submit', (event) => {
  event.preventDefault();
  const body = { policy: settings.policy.value, min: +settings.min.value, max: +settings.max.value, pool: +settings.pool.value };
  document.activeElement?.blur();
  void post('api/settings', body, $('applied'), 'applied');
});
globalThis.addEventListener('resize', () => {
  for (const draw of plots) draw(moments, marks);
});
connect();
