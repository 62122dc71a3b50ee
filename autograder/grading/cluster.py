"""Workers on other machines, by Dask: `pip install -e '.[cluster]'`, then `autograder grade --scheduler tcp://...`.

Every worker needs this package and, at the same path, the folder with `solutions`; one thread each is best
(`dask worker --nthreads 1`), since a worker judges one hand-in at a time.  Workers are trusted: they are sent the
answers and the secret.  A hand-in travels as its bytes, and only a worker opens it.
"""

from . import Refusal, workers

AHEAD = 4  # hand-ins sent for each thread of the cluster: it never waits, and a class is not all in memory


class Cluster:
    """The workers of one scheduler; one that is lost is Dask's to replace."""

    def __init__(self, chapter, address):
        try:
            from distributed import Client
        except ImportError:
            raise Refusal("--scheduler needs Dask: run  pip install -e '.[cluster]'") from None
        try:
            self.client = Client(address, timeout=10)
        except (OSError, ValueError) as problem:
            raise Refusal(f"no scheduler answers at {address} ({problem}).") from None
        self.threads = sum(self.client.nthreads().values())
        if not self.threads:
            self.client.close()
            raise Refusal(f"the scheduler at {address} has no workers yet: start one with  dask worker {address}")
        self.chapter = self.client.scatter(chapter, broadcast=True, hash=False)

    def map(self, tasks):
        """(name, Result) of every (name, (data, problem, previous)), as they come."""
        from distributed import as_completed

        tasks, names, arriving = iter(tasks), {}, as_completed()

        def send():
            if task := next(tasks, None):
                future = self.client.submit(workers.judge, self.chapter, *task[1], pure=False)
                names[future] = task[0]
                arriving.add(future)

        for _ in range(AHEAD * self.threads):
            send()
        for future in arriving:
            name = names.pop(future)
            if future.status == "error" and not isinstance(future.exception(), Refusal):
                result = workers.failed(self.chapter.result(), workers.AGAIN)  # it ended every worker it was sent to
            else:
                result = future.result()
            yield name, result
            send()

    def close(self):
        """Leave the cluster as it was."""
        self.client.run(workers.close)
        self.client.close()
