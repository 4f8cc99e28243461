#!/usr/bin/env node
import { cofferdam } from '../dist/cli/cofferdam.js';

await cofferdam(process.argv.slice(2));
