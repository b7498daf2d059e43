/** `habeas clock`: NDJSON cases in, NDJSON results out (docs/clock.md section 1). */
import { evaluateLine } from '../domain/clock/evaluate.js';

/**
 * Evaluates one case per line, in order. Reads nothing but its input: same input, same bytes.
 * @param input text of the input in pieces of any size, as `process.stdin` yields it (UTF-8 text or bytes); lines end at
 *   `\n`, blank ones are skipped, the last may lack its newline
 * @param write receives the result lines of one piece of input in one text, each line with its newline; awaited, so that a
 *   slow reader slows the reading
 */
export async function runClock(
  input: AsyncIterable<string | Uint8Array>,
  write: (lines: string) => void | Promise<void>,
): Promise<void> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const piece of input) {
    const lines = (rest + (typeof piece === 'string' ? piece : decoder.decode(piece, { stream: true }))).split('\n');
    rest = lines.pop() ?? '';
    const results = evaluateLines(lines);
    if (results !== '') await write(results);
  }
  const results = evaluateLines([rest + decoder.decode()]);
  if (results !== '') await write(results);
}

function evaluateLines(lines: readonly string[]): string {
  let results = '';
  for (const line of lines) {
    const result = evaluateLine(line);
    if (result !== null) results += `${result}\n`;
  }
  return results;
}
