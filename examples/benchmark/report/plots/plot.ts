/** From a vega-lite specification to an SVG, without a browser. */
import * as vega from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';

export interface Plot {
  /** What is to be seen, in one sentence. It stands below the picture. */
  readonly about: string;
  readonly spec: TopLevelSpec;
}

/** Colours whose brightness differs as well: on paper without colours they are still told apart. */
export const PALETTE = [
  '#17324d',
  '#c1440e',
  '#5aa0c8',
  '#e9b44c',
  '#6d6d6d',
  '#b9d8c2',
  '#8c4f7d',
  '#d9d9d9',
] as const;
export const INK = '#1b1b1b';
export const FAINT = '#8a8a8a';

/** Of all plots: letters large enough to be read, thin lines behind the data. */
const CONFIG = {
  font: 'Helvetica, Arial, sans-serif',
  background: '#ffffff',
  padding: 8,
  view: { stroke: null },
  title: {
    anchor: 'start',
    fontSize: 15,
    fontWeight: 600,
    offset: 12,
    color: INK,
    subtitleColor: '#444',
    subtitleFontSize: 12,
  },
  axis: {
    labelFontSize: 12,
    titleFontSize: 12,
    titleFontWeight: 'normal',
    titleColor: '#444',
    labelColor: INK,
    gridColor: '#e6e6e6',
    domainColor: FAINT,
    tickColor: FAINT,
    labelLimit: 320,
  },
  legend: { labelFontSize: 12, titleFontSize: 12, titleFontWeight: 'normal', symbolSize: 90, labelLimit: 320 },
  header: { labelFontSize: 13, labelFontWeight: 600, labelColor: INK, titleFontSize: 12 },
  range: { category: [...PALETTE] },
} as const;

/** The size of letters that marks are labelled with. */
export const LABEL = 11;
export const WIDTH = 560;

export async function drawPlot({ about, spec }: Plot): Promise<{ about: string; svg: string }> {
  // Of its warnings none is about what these plots are; errors are thrown.
  const logger = vega.logger(vega.Error);
  const { spec: compiled } = compile({ ...spec, config: CONFIG } as unknown as TopLevelSpec, { logger });
  const view = new vega.View(vega.parse(compiled), { renderer: 'none', logLevel: vega.Error });
  try {
    return { about, svg: await view.toSVG() };
  } finally {
    view.finalize();
  }
}
