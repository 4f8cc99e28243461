/** The C library that this Node runs on, by the name that node-gyp-build gives it. */
export const libc = () => (process.report.getReport().header.glibcVersionRuntime ? 'glibc' : 'musl');
