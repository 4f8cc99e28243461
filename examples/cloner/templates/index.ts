/** The templates, by name. */
import { alpine } from './alpine.ts';
import { busybox } from './busybox.ts';
import { debian } from './debian.ts';
import { dir } from './dir.ts';
import type { Template } from './template.ts';

export const TEMPLATES: Readonly<Record<string, Template>> = { busybox, debian, alpine, dir };
