/* SPDX-License-Identifier: MIT
 *
 * loop.c -- epoll, a binary heap of timers and an eventfd.
 * A callback may start and stop anything, its own timer or watch included, and may free
 * the struct around it: a timer leaves the heap before it fires, and epoll knows a watch by its
 * place and the place's generation, never by its address.  That matters beyond callbacks:
 * libcurl may close a socket before it says so, and while a child of fork still has a copy of
 * that socket, epoll goes on to tell of it. */
#define _GNU_SOURCE
#include "host/loop.h"

#include <errno.h>
#include <limits.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define BATCH 64

typedef struct heap {
  mr_timer **at; /* at[0] is the earliest */
  size_t count, cap;
  bool firing; /* in fire_due, which fires timers due at fire_now */
  int64_t fire_now;
} heap;

/* A watch's place in the loop; epoll is given generation << 32 | index. */
typedef struct place {
  mr_watch *watch; /* NULL: free */
  uint32_t generation;
  uint32_t next; /* of the free ones, 1-based; 0: the last */
} place;

#define WAKE UINT64_MAX /* what epoll is given for wake_fd */

struct mr_loop {
  mr_alloc *alloc;
  mr_clock *clock;
  int epoll_fd;
  int wake_fd;
  heap timers;      /* by the loop's clock */
  heap real_timers; /* by real time, whatever the clock is */
  uint64_t order;   /* given to the next timer that starts */
  uint64_t turns;
  size_t watches;
  place *places;
  uint32_t place_count, free_place; /* free_place: 1-based, 0 none */
};

mr_loop *mr_loop_new(mr_alloc *alloc, mr_clock *clock) {
  mr_loop *loop = mr_alloc_get(alloc, sizeof *loop);
  if (!loop)
    return NULL;
  memset(loop, 0, sizeof *loop);
  loop->alloc = alloc;
  loop->clock = clock;
  loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
  loop->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  struct epoll_event event = {.events = EPOLLIN, .data = {.u64 = WAKE}};
  if (loop->epoll_fd < 0 || loop->wake_fd < 0 ||
      epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, loop->wake_fd, &event) != 0) {
    mr_loop_free(loop);
    return NULL;
  }
  return loop;
}

void mr_loop_free(mr_loop *loop) {
  if (!loop)
    return;
  if (loop->wake_fd >= 0)
    close(loop->wake_fd);
  if (loop->epoll_fd >= 0)
    close(loop->epoll_fd);
  mr_alloc_put(loop->alloc, loop->timers.at, loop->timers.cap * sizeof *loop->timers.at);
  mr_alloc_put(loop->alloc, loop->real_timers.at,
               loop->real_timers.cap * sizeof *loop->real_timers.at);
  mr_alloc_put(loop->alloc, loop->places, loop->place_count * sizeof *loop->places);
  mr_alloc_put(loop->alloc, loop, sizeof *loop);
}

/* ---- timers ------------------------------------------------------------- */

static bool earlier(const mr_timer *a, const mr_timer *b) {
  return a->due != b->due ? a->due < b->due : a->order < b->order;
}

static heap *heap_of(mr_loop *loop, const mr_timer *timer) {
  return timer->real ? &loop->real_timers : &loop->timers;
}

static void put_at(heap *h, size_t at, mr_timer *timer) {
  h->at[at] = timer;
  timer->place = at + 1;
}

/* Finds the place of `timer`, whose slot `at` is free, towards the top or the bottom. */
static void settle(heap *h, size_t at, mr_timer *timer) {
  while (at > 0 && earlier(timer, h->at[(at - 1) / 2])) {
    put_at(h, at, h->at[(at - 1) / 2]);
    at = (at - 1) / 2;
  }
  for (;;) {
    size_t child = 2 * at + 1;
    if (child >= h->count)
      break;
    if (child + 1 < h->count && earlier(h->at[child + 1], h->at[child]))
      child++;
    if (!earlier(h->at[child], timer))
      break;
    put_at(h, at, h->at[child]);
    at = child;
  }
  put_at(h, at, timer);
}

static bool grow_heap(mr_loop *loop, heap *h) {
  size_t cap = h->cap ? 2 * h->cap : 16;
  mr_timer **at = mr_alloc_resize(loop->alloc, h->at, h->cap * sizeof *at, cap * sizeof *at);
  if (!at)
    return false;
  h->at = at;
  h->cap = cap;
  return true;
}

static int start_timer(mr_loop *loop, mr_timer *timer, bool real, int64_t due,
                       void (*fire)(mr_timer *)) {
  if (timer->place != 0 && timer->real != real)
    mr_timer_stop(loop, timer);
  timer->real = real;
  heap *h = heap_of(loop, timer);
  if (timer->place == 0) {
    if (h->count == h->cap && !grow_heap(loop, h))
      return MR_ERR_MEMORY;
    h->count++;
    timer->place = h->count;
  }
  /* What a firing timer starts in the past waits for the next turn, behind its elders. */
  if (h->firing && due < h->fire_now)
    due = h->fire_now;
  timer->due = due;
  timer->fire = fire;
  timer->order = loop->order++;
  settle(h, timer->place - 1, timer);
  return MR_OK;
}

int mr_timer_start(mr_loop *loop, mr_timer *timer, int64_t due, void (*fire)(mr_timer *)) {
  return start_timer(loop, timer, false, due, fire);
}

int mr_timer_start_real(mr_loop *loop, mr_timer *timer, int64_t after,
                        void (*fire)(mr_timer *)) {
  return start_timer(loop, timer, true, mr_clock_real() + after, fire);
}

void mr_timer_stop(mr_loop *loop, mr_timer *timer) {
  if (timer->place == 0)
    return;
  heap *h = heap_of(loop, timer);
  size_t at = timer->place - 1;
  timer->place = 0;
  mr_timer *last = h->at[--h->count];
  if (last != timer)
    settle(h, at, last);
}

uint64_t mr_loop_turns(const mr_loop *loop) {
  return loop->turns;
}

int64_t mr_loop_now(const mr_loop *loop) {
  return mr_clock_now(loop->clock);
}

int64_t mr_loop_next(const mr_loop *loop) {
  return loop->timers.count ? loop->timers.at[0]->due : INT64_MAX;
}

int64_t mr_loop_real_next(const mr_loop *loop) {
  return loop->real_timers.count ? loop->real_timers.at[0]->due : INT64_MAX;
}

/* Timers started from `limit` on belong to the next turn. */
static int fire_due(mr_loop *loop, heap *h, uint64_t limit) {
  int called = 0;
  if (h->count == 0)
    return 0;
  h->fire_now = h == &loop->timers ? mr_clock_now(loop->clock) : mr_clock_real();
  h->firing = true;
  while (h->count > 0) {
    mr_timer *timer = h->at[0];
    if (timer->due > h->fire_now || timer->order >= limit)
      break;
    mr_timer_stop(loop, timer);
    timer->fire(timer);
    called++;
  }
  h->firing = false;
  return called;
}

/* ---- descriptors -------------------------------------------------------- */

static uint32_t to_epoll(unsigned events) {
  return ((events & MR_IN) ? EPOLLIN | EPOLLRDHUP : 0) | ((events & MR_OUT) ? EPOLLOUT : 0);
}

/* An error or a hang-up is told as whatever the watch waits for: the next read or write
 * on the descriptor says what happened. */
static unsigned from_epoll(uint32_t events, unsigned wanted) {
  unsigned found = 0;
  if (events & (EPOLLERR | EPOLLHUP))
    found = MR_IN | MR_OUT;
  if (events & (EPOLLIN | EPOLLRDHUP))
    found |= MR_IN;
  if (events & EPOLLOUT)
    found |= MR_OUT;
  return found & wanted;
}

static bool more_places(mr_loop *loop) {
  uint32_t count = loop->place_count, more = count ? 2 * count : 16;
  place *grown = more > count ? mr_alloc_resize(loop->alloc, loop->places, count * sizeof *grown,
                                                more * sizeof *grown)
                              : NULL;
  if (!grown)
    return false;
  for (uint32_t i = count; i < more; i++)
    grown[i] = (place){.next = i + 1 < more ? i + 2 : 0};
  loop->places = grown;
  loop->place_count = more;
  loop->free_place = count + 1;
  return true;
}

/* Events that epoll has for it, now or later, are nobody's from here on. */
static void leave_place(mr_loop *loop, mr_watch *watch) {
  place *p = &loop->places[watch->place];
  p->watch = NULL;
  p->generation++;
  p->next = loop->free_place;
  loop->free_place = watch->place + 1;
}

int mr_watch_start(mr_loop *loop, mr_watch *watch, int fd, unsigned events,
                   void (*ready)(mr_watch *, unsigned)) {
  if (events == 0 || (watch->fd >= 0 && watch->fd != fd))
    mr_watch_stop(loop, watch);
  if (events == 0)
    return MR_OK;
  bool fresh = watch->fd < 0;
  if (fresh) {
    if (!loop->free_place && !more_places(loop))
      return MR_ERR_MEMORY;
    watch->place = loop->free_place - 1;
    loop->free_place = loop->places[watch->place].next;
    loop->places[watch->place].watch = watch;
  }
  uint64_t name = (uint64_t)loop->places[watch->place].generation << 32 | watch->place;
  struct epoll_event event = {.events = to_epoll(events), .data = {.u64 = name}};
  if ((fresh || watch->events != events) &&
      epoll_ctl(loop->epoll_fd, fresh ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, fd, &event) != 0) {
    if (fresh)
      leave_place(loop, watch);
    return MR_ERR_IO;
  }
  if (fresh || watch->resting)
    loop->watches++;
  watch->resting = false;
  watch->fd = fd;
  watch->events = events;
  watch->ready = ready;
  return MR_OK;
}

void mr_watch_stop(mr_loop *loop, mr_watch *watch) {
  if (watch->fd < 0)
    return;
  /* Fails harmlessly where the owner has closed the descriptor already. */
  epoll_ctl(loop->epoll_fd, EPOLL_CTL_DEL, watch->fd, NULL);
  watch->fd = -1;
  watch->events = 0;
  if (!watch->resting)
    loop->watches--;
  watch->resting = false;
  leave_place(loop, watch);
}

void mr_watch_rest(mr_loop *loop, mr_watch *watch) {
  if (watch->fd < 0 || watch->resting)
    return;
  watch->resting = true;
  loop->watches--;
}

size_t mr_loop_watches(const mr_loop *loop) {
  return loop->watches;
}

/* ---- a turn ------------------------------------------------------------- */

static int timeout_ms(const mr_loop *loop, int64_t wait_ns) {
  if (loop->real_timers.count > 0) {
    int64_t left = mr_loop_real_next(loop) - mr_clock_real();
    if (left <= 0)
      return 0;
    if (wait_ns < 0 || left < wait_ns)
      wait_ns = left;
  }
  if (loop->timers.count > 0) {
    int64_t now = mr_clock_now(loop->clock), due = mr_loop_next(loop);
    /* Virtual time stands still while we wait, so there only a timer already due counts. */
    if (due <= now)
      return 0;
    if (!loop->clock->is_virtual && (wait_ns < 0 || due - now < wait_ns))
      wait_ns = due - now;
  }
  if (wait_ns < 0)
    return -1;
  int64_t ms = wait_ns / 1000000 + (wait_ns % 1000000 != 0); /* up: never early */
  return ms > INT_MAX ? INT_MAX : (int)ms;
}

static void clear_wake(mr_loop *loop) {
  uint64_t count;
  while (read(loop->wake_fd, &count, sizeof count) < 0 && errno == EINTR) {
  }
}

int mr_loop_turn(mr_loop *loop, int64_t wait_ns) {
  int called = 0;
  struct epoll_event batch[BATCH];
  loop->turns++;
  int n = epoll_wait(loop->epoll_fd, batch, BATCH, timeout_ms(loop, wait_ns));
  for (int i = 0; i < n; i++) { /* a signal ends the wait like a wake-up: n < 0 */
    uint64_t name = batch[i].data.u64;
    if (name == WAKE) {
      clear_wake(loop);
      continue;
    }
    const place *p = &loop->places[(uint32_t)name];
    mr_watch *watch = p->generation == name >> 32 ? p->watch : NULL; /* NULL: stopped */
    unsigned events = watch ? from_epoll(batch[i].events, watch->events) : 0;
    if (events) {
      watch->ready(watch, events);
      called++;
    }
  }
  uint64_t limit = loop->order;
  called += fire_due(loop, &loop->real_timers, limit);
  return called + fire_due(loop, &loop->timers, limit);
}

void mr_loop_wake(mr_loop *loop) {
  int saved = errno;
  uint64_t one = 1;
  /* EAGAIN means that the counter is full, and so that the loop is awake anyway. */
  while (write(loop->wake_fd, &one, sizeof one) < 0 && errno == EINTR) {
  }
  errno = saved;
}

int mr_loop_fd(const mr_loop *loop) {
  return loop->epoll_fd;
}
