/** The messages in a stream of lines of JSON. What is not JSON (nobody else writes there) is an error. */
export async function* messages(stream) {
  let rest = '';
  for await (const text of stream) {
    const lines = (rest + text).split('\n');
    rest = lines.pop();
    for (const line of lines) yield JSON.parse(line);
  }
}
