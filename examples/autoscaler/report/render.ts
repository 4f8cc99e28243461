/** Plots as SVG text, by Vega-Lite, without a browser. */
import { parse, View } from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';

/** Colours that can be told apart by everybody: Okabe's and Ito's. */
export const COLOURS = {
  blue: '#0072b2',
  orange: '#d55e00',
  green: '#009e73',
  sky: '#56b4e9',
  violet: '#cc79a7',
  black: '#333333',
} as const;

const CONFIG = {
  background: 'white',
  font: 'DejaVu Sans, Verdana, Helvetica, Arial, sans-serif',
  axis: { labelFontSize: 11, titleFontSize: 12, titleFontWeight: 'normal', gridColor: '#e5e8eb' },
  legend: { labelFontSize: 11, title: null, symbolStrokeWidth: 3, labelLimit: 220 },
  view: { stroke: '#c8ced4' },
} as const;

// biome-ignore lint/suspicious/noExplicitAny: Vega-Lite's own types of nested specifications contradict each other
export type Spec = any;

export async function renderSvg(spec: Spec): Promise<string> {
  const { spec: vega } = compile({ ...spec, config: CONFIG } as TopLevelSpec);
  const view = new View(parse(vega), { renderer: 'none' });
  try {
    return await view.toSVG();
  } finally {
    view.finalize();
  }
}
