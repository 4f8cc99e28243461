import { type Controller, setting } from './controller.ts';

/** One file for each size of page: 'hugetlb.2MB.max'. */
const writes = (suffix: string) => (limits: Readonly<Record<string, number>>) =>
  Object.entries(limits).map(([size, bytes]) => ({ file: `hugetlb.${size}.${suffix}`, value: String(bytes) }));

export const hugetlb: Controller = {
  name: 'hugetlb',
  settings: [
    setting({
      option: 'hugetlb',
      v1: 'hugetlb.SIZE.limit_in_bytes',
      v2: 'hugetlb.SIZE.max',
      conversion: 'bytes, by size of page',
      writes1: writes('limit_in_bytes'),
      writes2: writes('max'),
    }),
  ],
};
