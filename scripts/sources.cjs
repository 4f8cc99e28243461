// Prints the sources of the sections named as arguments, one a line, for binding.gyp and CMakeLists.txt.
'use strict';
const { readFileSync } = require('node:fs');
const { join } = require('node:path');

const wanted = process.argv.slice(2);
let section = '';
for (const line of readFileSync(join(__dirname, '../native/sources.txt'), 'utf8').split('\n')) {
  const name = /^\[(.+)\]$/.exec(line);
  if (name) section = name[1];
  else if (line && !line.startsWith('#') && wanted.includes(section)) console.log(line);
}
