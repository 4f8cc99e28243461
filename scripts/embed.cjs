// Writes the assembly that puts the built launcher into the addon: embed.cjs LAUNCHER OUTPUT.S
'use strict';
const { writeFileSync } = require('node:fs');
const { resolve } = require('node:path');

const [launcher, output] = process.argv.slice(2);
writeFileSync(
  output,
  `  .section .rodata
  .balign 16
  .globl cofferdam_launcher_begin
  .globl cofferdam_launcher_end
  .hidden cofferdam_launcher_begin
  .hidden cofferdam_launcher_end
cofferdam_launcher_begin:
  .incbin "${resolve(launcher)}"
cofferdam_launcher_end:
  .byte 0
  .section .note.GNU-stack,"",%progbits
`,
);
