// The platforms that the package carries a binary for, and the compiler of each on Debian.

/** Debian's names of the machine's parts, by Node's name of the architecture. */
const MACHINES = {
  x64: { triple: 'x86_64-linux-gnu', zig: 'x86_64-linux-musl' },
  arm64: { triple: 'aarch64-linux-gnu', zig: 'aarch64-linux-musl' },
};

/** Every prebuild: `linux-arm64-musl` is the architecture arm64 with the C library musl. */
export const TARGETS = Object.entries(MACHINES).flatMap(([arch, machine]) =>
  ['glibc', 'musl'].map((libc) => ({ name: `linux-${arch}-${libc}`, arch, libc, ...machine })),
);

/** GNU's compiler of an architecture: `g++`, or a cross compiler. */
export const gnu = ({ arch, triple }, program) => (arch === process.arch ? program : `${triple}-${program}`);
