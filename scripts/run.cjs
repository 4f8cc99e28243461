// The door through which every npm script goes. It must parse and run on any Node back to 12, because its first act is
// to say that an old one is too old; everything after that is ES modules, loaded only then.
'use strict';

var NEEDED = [20, 19];
var parts = process.versions.node.split('.').map(Number);
var old = parts[0] < NEEDED[0] || (parts[0] === NEEDED[0] && parts[1] < NEEDED[1]);

if (old) {
  process.stderr.write(
    'cofferdam needs Node ' +
      NEEDED.join('.') +
      ' or newer, this is ' +
      process.version +
      ': get a newer one with `sudo npx --yes n 24` (goes to /usr/local), or from https://nodejs.org/en/download\n',
  );
  process.exitCode = 1;
} else {
  import('./main.js').then(function (main) {
    return main.default(process.argv[2], process.argv.slice(3));
  });
}
