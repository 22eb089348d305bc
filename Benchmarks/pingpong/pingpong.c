/* The bare floor under the driver: rank 0 sends a job of fixed size to whichever worker answered last.
 *
 *   mpicc -O2 -o pingpong pingpong.c && mpirun -np 3 pingpong [JOBS [JOB_BYTES [RESULT_BYTES]]]
 *
 * Prints jobs/s. Waits by MPI's own blocking receives. */
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>

enum { WORK = 1, END = 2 };

int main(int argc, char **argv) {
  MPI_Init(&argc, &argv);
  int rank, size;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  long jobs = argc > 1 ? atol(argv[1]) : 100000;
  int job_bytes = argc > 2 ? atoi(argv[2]) : 96;
  int result_bytes = argc > 3 ? atoi(argv[3]) : 32;
  if (size < 2 || jobs < 1 || job_bytes < 0 || result_bytes < 0) {
    if (rank == 0) fprintf(stderr, "usage: mpirun -np N pingpong [JOBS [JOB_BYTES [RESULT_BYTES]]], with 2 ranks or more\n");
    MPI_Finalize();
    return 64;
  }
  char *job = calloc(1, job_bytes + 1), *result = calloc(1, result_bytes + 1);
  MPI_Status status;
  MPI_Barrier(MPI_COMM_WORLD);
  if (rank == 0) {
    long sent = 0, received = 0;
    double start = MPI_Wtime();
    for (int worker = 1; worker < size && sent < jobs; worker++, sent++)
      MPI_Send(job, job_bytes, MPI_BYTE, worker, WORK, MPI_COMM_WORLD);
    while (received < sent) {
      MPI_Recv(result, result_bytes, MPI_BYTE, MPI_ANY_SOURCE, WORK, MPI_COMM_WORLD, &status);
      received++;
      if (sent < jobs) {
        MPI_Send(job, job_bytes, MPI_BYTE, status.MPI_SOURCE, WORK, MPI_COMM_WORLD);
        sent++;
      }
    }
    double seconds = MPI_Wtime() - start;
    for (int worker = 1; worker < size; worker++) MPI_Send(job, 0, MPI_BYTE, worker, END, MPI_COMM_WORLD);
    printf("%ld jobs, %.0f jobs/s\n", jobs, jobs / seconds);
  } else {
    for (;;) {
      MPI_Recv(job, job_bytes, MPI_BYTE, 0, MPI_ANY_TAG, MPI_COMM_WORLD, &status);
      if (status.MPI_TAG == END) break;
      MPI_Send(result, result_bytes, MPI_BYTE, 0, WORK, MPI_COMM_WORLD);
    }
  }
  free(job);
  free(result);
  MPI_Finalize();
  return 0;
}
