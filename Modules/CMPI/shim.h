// What Swift cannot import from mpi.h, given back under its MPI names.
//
// Handles are pointers in Open MPI and integers in MPICH, and Swift would import the former as optionals and the latter
// not. A struct around each handle reads the same in Swift for both. A constant is a macro that casts, or one whose type
// differs: each becomes a getter of one fixed type, and the macro goes, so that MPICH's, which Swift can import, does not
// compete with the getter. Open MPI's enumerators stay what they are: Swift code converts them, `Int32(MPI_THREAD_FUNNELED)`.
#pragma once
#include <dlfcn.h>
#include <mpi.h>
#include <stdbool.h>
#include <stddef.h>

#if MPI_VERSION < 3
#error "ash-mpi needs MPI 3.0 or later: matched probes and shared-memory windows"
#endif

// User-level failure mitigation: Open MPI 5 has it.
#if defined(OPEN_MPI) && OMPI_MAJOR_VERSION >= 5
#include <mpi-ext.h>
#endif
#if defined(OMPI_HAVE_MPI_EXT_FTMPI) && OMPI_HAVE_MPI_EXT_FTMPI
#define ASH_MPI_HAS_ULFM 1
#else
#define ASH_MPI_HAS_ULFM 0
#endif

typedef struct { MPI_Comm comm; } ASH_Comm;
typedef struct { MPI_Request request; } ASH_Request;
typedef struct { MPI_Message message; } ASH_Message;
typedef struct { MPI_Win win; } ASH_Win;

#define ASH_GETTER(name) __attribute__((swift_name("getter:" name "()")))
#define ASH_CONSTANT(type, shim, name, macro)                 \
  static inline type shim(void) ASH_GETTER(name);             \
  static inline type shim(void) { return macro; }

ASH_CONSTANT(MPI_Comm, ash_comm_world, "MPI_COMM_WORLD", MPI_COMM_WORLD)
ASH_CONSTANT(MPI_Comm, ash_comm_self, "MPI_COMM_SELF", MPI_COMM_SELF)
ASH_CONSTANT(MPI_Comm, ash_comm_null, "MPI_COMM_NULL", MPI_COMM_NULL)
ASH_CONSTANT(MPI_Request, ash_request_null, "MPI_REQUEST_NULL", MPI_REQUEST_NULL)
ASH_CONSTANT(MPI_Message, ash_message_null, "MPI_MESSAGE_NULL", MPI_MESSAGE_NULL)
ASH_CONSTANT(MPI_Win, ash_win_null, "MPI_WIN_NULL", MPI_WIN_NULL)
ASH_CONSTANT(MPI_Info, ash_info_null, "MPI_INFO_NULL", MPI_INFO_NULL)
ASH_CONSTANT(MPI_Errhandler, ash_errors_return, "MPI_ERRORS_RETURN", MPI_ERRORS_RETURN)
ASH_CONSTANT(MPI_Datatype, ash_byte, "MPI_BYTE", MPI_BYTE)
ASH_CONSTANT(MPI_Datatype, ash_int64, "MPI_INT64_T", MPI_INT64_T)
ASH_CONSTANT(MPI_Op, ash_max, "MPI_MAX", MPI_MAX)
ASH_CONSTANT(MPI_Op, ash_min, "MPI_MIN", MPI_MIN)
ASH_CONSTANT(MPI_Op, ash_sum, "MPI_SUM", MPI_SUM)
// MPICH's is an address, not null.
ASH_CONSTANT(MPI_Status *, ash_status_ignore, "MPI_STATUS_IGNORE", MPI_STATUS_IGNORE)
ASH_CONSTANT(int, ash_success, "MPI_SUCCESS", MPI_SUCCESS)
ASH_CONSTANT(int, ash_undefined, "MPI_UNDEFINED", MPI_UNDEFINED)
ASH_CONSTANT(int, ash_any_source, "MPI_ANY_SOURCE", MPI_ANY_SOURCE)
ASH_CONSTANT(int, ash_any_tag, "MPI_ANY_TAG", MPI_ANY_TAG)
ASH_CONSTANT(int, ash_mode_nocheck, "MPI_MODE_NOCHECK", MPI_MODE_NOCHECK)
ASH_CONSTANT(int, ash_err_count, "MPI_ERR_COUNT", MPI_ERR_COUNT)
ASH_CONSTANT(int, ash_err_rank, "MPI_ERR_RANK", MPI_ERR_RANK)
ASH_CONSTANT(int, ash_err_tag, "MPI_ERR_TAG", MPI_ERR_TAG)
ASH_CONSTANT(int, ash_err_no_mem, "MPI_ERR_NO_MEM", MPI_ERR_NO_MEM)
ASH_CONSTANT(int, ash_err_in_status, "MPI_ERR_IN_STATUS", MPI_ERR_IN_STATUS)
ASH_CONSTANT(int, ash_err_other, "MPI_ERR_OTHER", MPI_ERR_OTHER)
ASH_CONSTANT(int, ash_max_error_string, "MPI_MAX_ERROR_STRING", MPI_MAX_ERROR_STRING)
ASH_CONSTANT(int, ash_max_processor_name, "MPI_MAX_PROCESSOR_NAME", MPI_MAX_PROCESSOR_NAME)
ASH_CONSTANT(int, ash_max_library_version_string, "MPI_MAX_LIBRARY_VERSION_STRING", MPI_MAX_LIBRARY_VERSION_STRING)

// A struct around one handle lies in memory as the handle does, so that an array of them is one of handles.
static inline int ash_testsome(int count, ASH_Request *requests, int *done, int *indices, MPI_Status *statuses) {
  _Static_assert(sizeof(ASH_Request) == sizeof(MPI_Request), "no padding");
  return MPI_Testsome(count, &requests->request, done, indices, statuses);
}

// Whether a look for messages that finds nothing offers the core to others. Open MPI has a switch for that, which takes what
// shall be so and returns what was; it is in all of its libraries and in none of the headers that it installs.
typedef bool (*ASH_CoreSwitch)(bool offers);

static inline ASH_CoreSwitch ash_core_switch(void) {
#ifdef OPEN_MPI
  return (ASH_CoreSwitch)dlsym(dlopen(NULL, RTLD_NOW), "opal_progress_set_yield_when_idle");
#else
  return NULL;
#endif
}

// User-level failure mitigation (the MPI Forum's ULFM proposal, chapter "Process fault tolerance"), where there is any.

// Whether this error class says that another rank has died.
static inline int ash_is_rank_failure(int error_class) {
#if ASH_MPI_HAS_ULFM
  return error_class == MPIX_ERR_PROC_FAILED || error_class == MPIX_ERR_PROC_FAILED_PENDING || error_class == MPIX_ERR_REVOKED;
#else
  (void)error_class;
  return 0;
#endif
}

// Takes note of the ranks that have died: receives from any source go on without them. Writes which they are, `*count` of
// at most as many as the communicator has.
static inline int ash_acknowledge_failures(MPI_Comm comm, int *failed, int *count) {
  *count = 0;
#if ASH_MPI_HAS_ULFM
  MPI_Group dead, all;
  int code = MPIX_Comm_failure_ack(comm);
  if (code == MPI_SUCCESS) code = MPIX_Comm_failure_get_acked(comm, &dead);
  if (code != MPI_SUCCESS) return code;
  int size = 0;
  MPI_Comm_group(comm, &all);
  MPI_Group_size(dead, &size);
  for (int index = 0; index < size; index++) {
    MPI_Group_translate_ranks(dead, 1, &index, all, &failed[index]);
  }
  *count = size;
  MPI_Group_free(&all);
  MPI_Group_free(&dead);
#else
  (void)comm, (void)failed;
#endif
  return MPI_SUCCESS;
}

// A communicator of the ranks that live.
static inline int ash_shrink(MPI_Comm comm, MPI_Comm *survivors) {
#if ASH_MPI_HAS_ULFM
  return MPIX_Comm_shrink(comm, survivors);
#else
  return MPI_Comm_dup(comm, survivors);
#endif
}

#undef MPI_COMM_WORLD
#undef MPI_COMM_SELF
#undef MPI_COMM_NULL
#undef MPI_REQUEST_NULL
#undef MPI_MESSAGE_NULL
#undef MPI_WIN_NULL
#undef MPI_INFO_NULL
#undef MPI_ERRORS_RETURN
#undef MPI_BYTE
#undef MPI_INT64_T
#undef MPI_MAX
#undef MPI_MIN
#undef MPI_SUM
#undef MPI_STATUS_IGNORE
#undef MPI_SUCCESS
#undef MPI_UNDEFINED
#undef MPI_ANY_SOURCE
#undef MPI_ANY_TAG
#undef MPI_MODE_NOCHECK
#undef MPI_ERR_COUNT
#undef MPI_ERR_RANK
#undef MPI_ERR_TAG
#undef MPI_ERR_NO_MEM
#undef MPI_ERR_IN_STATUS
#undef MPI_ERR_OTHER
#undef MPI_MAX_ERROR_STRING
#undef MPI_MAX_PROCESSOR_NAME
#undef MPI_MAX_LIBRARY_VERSION_STRING
