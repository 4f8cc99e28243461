// What a guest must be able to run before any test may fail in it: see agent.js.
const answer: number = [1, 2, 3].reduce((sum, each) => sum + each);
process.exitCode = answer === 6 ? 0 : 1;
