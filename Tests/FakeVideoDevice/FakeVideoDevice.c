// A V4L2 camera that is not there, for the tests: loaded with LD_PRELOAD it answers the calls by
// which a program finds, opens and reads a camera. The descriptor is a memfd, so that mmap and close
// are the system's own.
//
// Environment:
//   FAKE_CAMERA_PATHS    names of the device, separated by colons; default
//                        /dev/video0:/dev/v4l/by-id/usb-Fake_Camera-video-index0
//   FAKE_CAMERA_SEPARATE 1: every name is a camera of its own, and all do as the control file says
//   FAKE_CAMERA_CONTROL  the file that says how the camera does, read anew on every call
//   FAKE_CAMERA_LOG      gets a line a frame that was handed over: sequence, time stamp in us
// The control file has a word and a value a line; what is missing has its default:
//   plugged 1            0: open says ENOENT, and descriptors that are open ENODEV, for ever
//   stalled 0            1: no frames
//   bad 0                1: frames are marked as damaged
//   format yuyv          of what the camera gives: yuyv or mjpeg
//   width 640            of the frames in the file
//   height 480
//   rate 30              frames a second
//   clock monotonic      of the time stamps: monotonic, realtime or none
//   frames FILE          yuyv: whole frames after one another, shown in turn; mjpeg: JPEGs after one
//                        another. Without it a pattern that moves.
// A camera whose size or format changes while it is open goes on with frames of the new kind in its
// old buffers, as grabbers do. The number of a frame, from 0 since the camera was plugged in, is
// that of its turn in the file: sequence modulo frames.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/videodev2.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

enum { MAX_BUFFERS = 8, MAX_DESCRIPTORS = 64, MAX_CAMERAS = 32, MAX_WORD = 512 };

// How the camera does, as the control file says.
struct camera {
  int plugged, stalled, bad;
  uint32_t format, width, height;
  double rate;
  char clock[16];
  char frames[MAX_WORD];
};

struct buffer {
  int queued, done, damaged;
  uint32_t used, sequence;
  struct timeval stamp;
};

// An open descriptor.
struct handle {
  int fd, open, dead, nonblocking, streaming, camera;
  struct camera agreed;
  uint32_t size;
  uint32_t count;
  uint8_t *memory;
  struct buffer buffers[MAX_BUFFERS];
  // Indices of the empty and of the filled buffers, oldest first.
  uint32_t empty[MAX_BUFFERS], emptyCount, filled[MAX_BUFFERS], filledCount;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct handle handles[MAX_DESCRIPTORS];
// The next frame that each camera takes, and when number 0 would have been taken at today's rate.
static uint64_t nextSequence[MAX_CAMERAS];
static double began, lastRate;
static int wasPlugged;
static uint8_t *content;
static size_t contentSize;
static char contentName[MAX_WORD];

static double clockSeconds(clockid_t id) {
  struct timespec time;
  clock_gettime(id, &time);
  return time.tv_sec + time.tv_nsec * 1e-9;
}

#define REAL(name) ((__typeof__(&name))real(#name))
static void *real(const char *name) { return dlsym(RTLD_NEXT, name); }

static const char *setting(const char *name, const char *fallback) {
  const char *value = getenv(name);
  return value && *value ? value : fallback;
}

// Which camera a path names; -1 for none.
static int cameraOf(const char *path) {
  if (!path) return -1;
  int isSeparate = atoi(setting("FAKE_CAMERA_SEPARATE", "0")), index = 0;
  const char *list = setting("FAKE_CAMERA_PATHS",
                             "/dev/video0:/dev/v4l/by-id/usb-Fake_Camera-video-index0");
  size_t length = strlen(path);
  while (*list) {
    size_t part = strcspn(list, ":");
    if (part == length && strncmp(list, path, part) == 0) return isSeparate ? index : 0;
    list += part + (list[part] == ':');
    if (++index == MAX_CAMERAS) break;
  }
  return -1;
}

static int isCamera(const char *path) { return cameraOf(path) >= 0; }

static struct camera readControl(void) {
  struct camera camera = {.plugged = 1,
                          .format = V4L2_PIX_FMT_YUYV,
                          .width = 640,
                          .height = 480,
                          .rate = 30,
                          .clock = "monotonic"};
  const char *name = getenv("FAKE_CAMERA_CONTROL");
  int fd = name ? REAL(open)(name, O_RDONLY | O_CLOEXEC) : -1;
  if (fd < 0) return camera;
  char text[4096];
  ssize_t length = read(fd, text, sizeof text - 1);
  REAL(close)(fd);
  text[length > 0 ? length : 0] = 0;
  for (char *rest = text, *line; (line = strtok_r(rest, "\n", &rest));) {
    char word[64] = "", value[MAX_WORD] = "";
    if (sscanf(line, "%63s %511s", word, value) != 2) continue;
    if (!strcmp(word, "plugged")) camera.plugged = atoi(value);
    if (!strcmp(word, "stalled")) camera.stalled = atoi(value);
    if (!strcmp(word, "bad")) camera.bad = atoi(value);
    if (!strcmp(word, "width")) camera.width = (uint32_t)atoi(value);
    if (!strcmp(word, "height")) camera.height = (uint32_t)atoi(value);
    if (!strcmp(word, "rate")) camera.rate = atof(value);
    if (!strcmp(word, "format"))
      camera.format = strcmp(value, "mjpeg") ? V4L2_PIX_FMT_YUYV : V4L2_PIX_FMT_MJPEG;
    if (!strcmp(word, "clock")) snprintf(camera.clock, sizeof camera.clock, "%.15s", value);
    if (!strcmp(word, "frames")) strcpy(camera.frames, value);
  }
  return camera;
}

// The camera as it is now; kills the descriptors of one that was pulled out.
static struct camera current(void) {
  struct camera camera = readControl();
  if (!camera.plugged)
    for (int i = 0; i < MAX_DESCRIPTORS; i++) handles[i].dead |= handles[i].open;
  double now = clockSeconds(CLOCK_MONOTONIC);
  if (camera.plugged && !wasPlugged) {
    memset(nextSequence, 0, sizeof nextSequence);
    began = now;
  } else if (camera.rate != lastRate) {
    began = now - (now - began) * lastRate / camera.rate;
  }
  lastRate = camera.rate;
  wasPlugged = camera.plugged;
  return camera;
}

static struct handle *handleOf(int fd) {
  for (int i = 0; i < MAX_DESCRIPTORS; i++)
    if (handles[i].open && handles[i].fd == fd) return &handles[i];
  return NULL;
}

static uint32_t frameSize(const struct camera *camera) {
  return camera->width * camera->height * 2;
}

// MARK: Frames

static void loadContent(const struct camera *camera) {
  if (!strcmp(contentName, camera->frames)) return;
  if (content) munmap(content, contentSize);
  content = NULL;
  contentSize = 0;
  strcpy(contentName, camera->frames);
  int fd = REAL(open)(camera->frames, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return;
  struct stat status;
  if (REAL(fstat)(fd, &status) == 0 && status.st_size > 0) {
    void *memory = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (memory != MAP_FAILED) {
      content = memory;
      contentSize = (size_t)status.st_size;
    }
  }
  REAL(close)(fd);
}

// A grey ramp that moves by a pixel a frame.
static uint32_t drawPattern(const struct camera *camera, uint64_t sequence, uint8_t *to) {
  for (uint32_t y = 0; y < camera->height; y++)
    for (uint32_t x = 0; x < camera->width; x++) {
      *to++ = (uint8_t)(x + y + sequence);
      *to++ = 128;
    }
  return frameSize(camera);
}

// The JPEG number `sequence` of the file, in turn; 0 where there is none.
static uint32_t copyJPEG(uint64_t sequence, uint8_t *to, uint32_t room) {
  static size_t starts[4096];
  static size_t count;
  static const uint8_t *indexed;
  if (indexed != content) {
    indexed = content;
    count = 0;
    for (size_t i = 0; i + 2 < contentSize && count < 4095; i++)
      if (content[i] == 0xFF && content[i + 1] == 0xD8 && content[i + 2] == 0xFF)
        starts[count++] = i;
    starts[count] = contentSize;
  }
  if (!count) return 0;
  size_t turn = sequence % count;
  size_t length = starts[turn + 1] - starts[turn];
  if (length > room) return 0;
  memcpy(to, content + starts[turn], length);
  return (uint32_t)length;
}

static uint32_t draw(const struct camera *camera, uint64_t sequence, uint8_t *to, uint32_t room) {
  loadContent(camera);
  if (camera->format == V4L2_PIX_FMT_MJPEG) return content ? copyJPEG(sequence, to, room) : 0;
  uint32_t size = frameSize(camera);
  if (size > room) {
    // A frame that does not fit is cut off by the driver.
    memset(to, 0, room);
    return room;
  }
  size_t count = contentSize / size;
  if (!count) return drawPattern(camera, sequence, to);
  memcpy(to, content + (sequence % count) * size, size);
  return size;
}

static struct timeval stampOf(const struct camera *camera, double taken) {
  struct timeval stamp = {0, 0};
  if (!strcmp(camera->clock, "none")) return stamp;
  if (!strcmp(camera->clock, "realtime"))
    taken += clockSeconds(CLOCK_REALTIME) - clockSeconds(CLOCK_MONOTONIC);
  stamp.tv_sec = (time_t)taken;
  stamp.tv_usec = (suseconds_t)((taken - stamp.tv_sec) * 1e6);
  return stamp;
}

// Takes all frames that are due: into empty buffers while there are some; others are lost.
static void advance(struct handle *handle, const struct camera *camera) {
  double now = clockSeconds(CLOCK_MONOTONIC);
  uint64_t *next = &nextSequence[handle->camera];
  while (began + *next / camera->rate <= now) {
    double taken = began + *next / camera->rate;
    uint64_t sequence = (*next)++;
    if (camera->stalled || !handle->emptyCount) continue;
    uint32_t index = handle->empty[0];
    handle->emptyCount--;
    memmove(handle->empty, handle->empty + 1, handle->emptyCount * sizeof handle->empty[0]);
    handle->filled[handle->filledCount++] = index;
    struct buffer *buffer = &handle->buffers[index];
    buffer->used = draw(camera, sequence, handle->memory + index * handle->size, handle->size);
    buffer->damaged = camera->bad;
    buffer->sequence = (uint32_t)sequence;
    buffer->stamp = stampOf(camera, taken);
  }
}

static void logFrame(const struct buffer *buffer) {
  static int fd = -2;
  const char *name = getenv("FAKE_CAMERA_LOG");
  if (fd == -2)
    fd = name ? REAL(open)(name, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644) : -1;
  char line[64];
  int length = snprintf(line, sizeof line, "%u %lld\n", buffer->sequence,
                        (long long)buffer->stamp.tv_sec * 1000000 + buffer->stamp.tv_usec);
  if (fd >= 0 && write(fd, line, (size_t)length) < 0) fd = -1;
}

// MARK: Requests

static void describe(const struct handle *handle, uint32_t index, struct v4l2_buffer *to) {
  const struct buffer *buffer = &handle->buffers[index];
  to->index = index;
  to->length = handle->size;
  to->m.offset = index * handle->size;
  to->bytesused = buffer->used;
  to->sequence = buffer->sequence;
  to->timestamp = buffer->stamp;
  to->flags = V4L2_BUF_FLAG_MAPPED | V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC |
              (buffer->damaged ? V4L2_BUF_FLAG_ERROR : 0);
}

static int requestBuffers(struct handle *handle, struct v4l2_requestbuffers *request) {
  if (request->memory != V4L2_MEMORY_MMAP) return EINVAL;
  if (request->count > MAX_BUFFERS) request->count = MAX_BUFFERS;
  handle->size = (frameSize(&handle->agreed) + 4095) & ~4095u;
  handle->count = request->count;
  handle->emptyCount = handle->filledCount = 0;
  size_t size = (size_t)handle->size * handle->count;
  if (!size) return 0;
  if (ftruncate(handle->fd, (off_t)size)) return ENOMEM;
  handle->memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, handle->fd, 0);
  return handle->memory == MAP_FAILED ? ENOMEM : 0;
}

static int queue(struct handle *handle, struct v4l2_buffer *buffer) {
  if (buffer->index >= handle->count || handle->emptyCount >= MAX_BUFFERS) return EINVAL;
  handle->empty[handle->emptyCount++] = buffer->index;
  return 0;
}

static int dequeue(struct handle *handle, struct v4l2_buffer *buffer) {
  if (!handle->filledCount) return EAGAIN;
  uint32_t index = handle->filled[0];
  handle->filledCount--;
  memmove(handle->filled, handle->filled + 1, handle->filledCount * sizeof handle->filled[0]);
  describe(handle, index, buffer);
  if (handle->agreed.format == V4L2_PIX_FMT_YUYV && buffer->bytesused == handle->size)
    buffer->bytesused = frameSize(&handle->agreed);
  logFrame(&handle->buffers[index]);
  return 0;
}

static void fillFormat(const struct camera *camera, struct v4l2_format *format) {
  struct v4l2_pix_format *pix = &format->fmt.pix;
  pix->width = camera->width;
  pix->height = camera->height;
  pix->pixelformat = camera->format;
  pix->field = V4L2_FIELD_NONE;
  pix->bytesperline = camera->format == V4L2_PIX_FMT_YUYV ? camera->width * 2 : 0;
  pix->sizeimage = frameSize(camera);
}

static int enumerate(unsigned long request, const struct camera *camera, void *argument) {
  switch (request) {
  case VIDIOC_ENUM_FMT: {
    struct v4l2_fmtdesc *format = argument;
    if (format->index) return EINVAL;
    format->pixelformat = camera->format;
    int isJPEG = camera->format == V4L2_PIX_FMT_MJPEG;
    format->flags = isJPEG ? V4L2_FMT_FLAG_COMPRESSED : 0;
    strcpy((char *)format->description, isJPEG ? "Motion-JPEG" : "YUYV 4:2:2");
    return 0;
  }
  case VIDIOC_ENUM_FRAMESIZES: {
    struct v4l2_frmsizeenum *size = argument;
    if (size->index || size->pixel_format != camera->format) return EINVAL;
    size->type = V4L2_FRMSIZE_TYPE_DISCRETE;
    size->discrete.width = camera->width;
    size->discrete.height = camera->height;
    return 0;
  }
  case VIDIOC_ENUM_FRAMEINTERVALS: {
    struct v4l2_frmivalenum *interval = argument;
    if (interval->index) return EINVAL;
    interval->type = V4L2_FRMIVAL_TYPE_DISCRETE;
    interval->discrete.numerator = 1000;
    interval->discrete.denominator = (uint32_t)(camera->rate * 1000);
    return 0;
  }
  default: return ENOTTY;
  }
}

static int stream(struct handle *handle, const struct camera *camera, int on) {
  for (int i = 0; on && i < MAX_DESCRIPTORS; i++)
    if (&handles[i] != handle && handles[i].camera == handle->camera && handles[i].open &&
        !handles[i].dead && handles[i].streaming)
      return EBUSY;
  handle->streaming = on;
  // What was there to see before is not kept.
  double now = clockSeconds(CLOCK_MONOTONIC);
  uint64_t *next = &nextSequence[handle->camera];
  while (on && began + *next / camera->rate <= now) (*next)++;
  if (!on) handle->emptyCount = handle->filledCount = 0;
  return 0;
}

// Answers a request; returns 0 or the error.
static int answer(struct handle *handle, unsigned long request, void *argument) {
  struct camera camera = current();
  if (handle->dead) return ENODEV;
  if (handle->streaming) advance(handle, &camera);
  switch (request) {
  case VIDIOC_QUERYCAP: {
    struct v4l2_capability *capability = argument;
    memset(capability, 0, sizeof *capability);
    strcpy((char *)capability->driver, "fake");
    strcpy((char *)capability->card, "Fake Camera");
    strcpy((char *)capability->bus_info, "usb-fake-1");
    capability->device_caps = V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_STREAMING;
    capability->capabilities = capability->device_caps | V4L2_CAP_DEVICE_CAPS;
    return 0;
  }
  case VIDIOC_G_INPUT: *(int *)argument = 0; return 0;
  case VIDIOC_S_INPUT: return *(int *)argument ? EINVAL : 0;
  case VIDIOC_ENUMINPUT: {
    struct v4l2_input *input = argument;
    if (input->index) return EINVAL;
    strcpy((char *)input->name, "Camera 1");
    input->type = V4L2_INPUT_TYPE_CAMERA;
    return 0;
  }
  case VIDIOC_G_FMT: fillFormat(&camera, argument); return 0;
  case VIDIOC_S_FMT:
  case VIDIOC_TRY_FMT:
    if (request == VIDIOC_S_FMT && handle->streaming) return EBUSY;
    fillFormat(&camera, argument);
    handle->agreed = camera;
    return 0;
  case VIDIOC_G_PARM:
  case VIDIOC_S_PARM: {
    struct v4l2_streamparm *parameters = argument;
    parameters->parm.capture.capability = V4L2_CAP_TIMEPERFRAME;
    parameters->parm.capture.timeperframe.numerator = 1000;
    parameters->parm.capture.timeperframe.denominator = (uint32_t)(camera.rate * 1000);
    return 0;
  }
  case VIDIOC_REQBUFS: return requestBuffers(handle, argument);
  case VIDIOC_QUERYBUF: {
    struct v4l2_buffer *buffer = argument;
    if (buffer->index >= handle->count) return EINVAL;
    describe(handle, buffer->index, buffer);
    return 0;
  }
  case VIDIOC_QBUF: return queue(handle, argument);
  case VIDIOC_DQBUF: return dequeue(handle, argument);
  case VIDIOC_STREAMON: return stream(handle, &camera, 1);
  case VIDIOC_STREAMOFF: return stream(handle, &camera, 0);
  default: return enumerate(request, &camera, argument);
  }
}

// MARK: The system's calls

static int openCamera(const char *path, int flags) {
  pthread_mutex_lock(&lock);
  int fd = -1, error = 0;
  struct camera camera = current();
  struct handle *handle = NULL;
  for (int i = 0; i < MAX_DESCRIPTORS && !handle; i++)
    if (!handles[i].open) handle = &handles[i];
  if (!camera.plugged)
    error = ENOENT;
  else if (!handle || (fd = memfd_create("fake camera", flags & O_CLOEXEC ? MFD_CLOEXEC : 0)) < 0)
    error = EMFILE;
  else
    *handle = (struct handle){
        .fd = fd,
        .open = 1,
        .nonblocking = !!(flags & O_NONBLOCK),
        .camera = cameraOf(path),
        .agreed = camera};
  pthread_mutex_unlock(&lock);
  if (error) errno = error;
  return fd;
}

#define OPEN(name)                                                 \
  int name(const char *path, int flags, ...) {                     \
    va_list list;                                                  \
    va_start(list, flags);                                         \
    mode_t mode = va_arg(list, mode_t);                            \
    va_end(list);                                                  \
    if (isCamera(path)) return openCamera(path, flags);                  \
    return REAL(name)(path, flags, mode);                          \
  }
OPEN(open)
OPEN(open64)

#define OPENAT(name)                                               \
  int name(int folder, const char *path, int flags, ...) {         \
    va_list list;                                                  \
    va_start(list, flags);                                         \
    mode_t mode = va_arg(list, mode_t);                            \
    va_end(list);                                                  \
    if (isCamera(path)) return openCamera(path, flags);                  \
    return REAL(name)(folder, path, flags, mode);                  \
  }
OPENAT(openat)
OPENAT(openat64)

int close(int fd) {
  pthread_mutex_lock(&lock);
  struct handle *handle = handleOf(fd);
  if (handle) {
    if (handle->memory && handle->memory != MAP_FAILED)
      munmap(handle->memory, (size_t)handle->size * handle->count);
    *handle = (struct handle){0};
  }
  pthread_mutex_unlock(&lock);
  return REAL(close)(fd);
}

int ioctl(int fd, unsigned long request, ...) {
  va_list list;
  va_start(list, request);
  void *argument = va_arg(list, void *);
  va_end(list);
  // Some callers' requests are ints, whose sign is carried into the upper half.
  unsigned long code = (uint32_t)request;
  while (1) {
    pthread_mutex_lock(&lock);
    struct handle *handle = handleOf(fd);
    int isOurs = handle != NULL;
    int waits = handle && code == VIDIOC_DQBUF && !handle->nonblocking;
    int error = handle ? answer(handle, code, argument) : 0;
    pthread_mutex_unlock(&lock);
    if (!isOurs) return REAL(ioctl)(fd, request, argument);
    if (!error) return 0;
    if (error == EAGAIN && waits) {
      usleep(1000);
      continue;
    }
    errno = error;
    return -1;
  }
}

// Whether `path` is the camera's; then `error` is ENOENT while it is pulled out, else 0.
static int isThere(const char *path, int *error) {
  if (!isCamera(path)) return 0;
  pthread_mutex_lock(&lock);
  *error = current().plugged ? 0 : ENOENT;
  pthread_mutex_unlock(&lock);
  return 1;
}

#define STAT(name, type)                                           \
  int name(const char *path, struct type *status) {                \
    int error = 0;                                                 \
    if (!isThere(path, &error)) return REAL(name)(path, status);   \
    errno = error;                                                 \
    if (error) return -1;                                          \
    memset(status, 0, sizeof *status);                             \
    status->st_mode = S_IFCHR | 0660;                              \
    status->st_rdev = makedev(81, cameraOf(path));                              \
    status->st_nlink = 1;                                          \
    return 0;                                                      \
  }
STAT(stat, stat)
STAT(stat64, stat64)
STAT(lstat, stat)
STAT(lstat64, stat64)

int access(const char *path, int mode) {
  int error = 0;
  if (!isThere(path, &error)) return REAL(access)(path, mode);
  errno = error;
  return error ? -1 : 0;
}
