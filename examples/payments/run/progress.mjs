// One line that says where the run stands: rewritten in a terminal, printed now and then in a log.

const EVERY = process.stdout.isTTY ? 200 : 5_000;

/** Shows `line()` until the returned function is called. */
export function showProgress(line) {
  const show = () => {
    if (process.stdout.isTTY) process.stdout.write(`\r\x1b[2K${line()}`);
    else console.log(line());
  };
  const timer = setInterval(show, EVERY);
  return () => {
    clearInterval(timer);
    show();
    if (process.stdout.isTTY) process.stdout.write("\n");
  };
}
