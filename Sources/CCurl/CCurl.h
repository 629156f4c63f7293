// libcurl, and what of it Swift cannot call: functions of any number of arguments.
#pragma once
#include <curl/curl.h>

typedef size_t (*landmarkd_curl_bytes)(char *bytes, size_t size, size_t count, void *opaque);

static inline CURLcode landmarkd_curl_set_number(CURL *easy, CURLoption option, long value) {
  return curl_easy_setopt(easy, option, value);
}

static inline CURLcode landmarkd_curl_set_text(CURL *easy, CURLoption option, const char *value) {
  return curl_easy_setopt(easy, option, value);
}

static inline CURLcode landmarkd_curl_set_pointer(CURL *easy, CURLoption option, void *value) {
  return curl_easy_setopt(easy, option, value);
}

static inline CURLcode landmarkd_curl_set_list(CURL *easy, CURLoption option,
                                               struct curl_slist *value) {
  return curl_easy_setopt(easy, option, value);
}

static inline CURLcode landmarkd_curl_set_bytes(CURL *easy, CURLoption option,
                                                landmarkd_curl_bytes value) {
  return curl_easy_setopt(easy, option, value);
}

static inline long landmarkd_curl_number(CURL *easy, CURLINFO info) {
  long value = 0;
  return curl_easy_getinfo(easy, info, &value) == CURLE_OK ? value : 0;
}

static inline CURLSHcode landmarkd_curl_share_cookies(CURLSH *share) {
  return curl_share_setopt(share, CURLSHOPT_SHARE, CURL_LOCK_DATA_COOKIE);
}

/// What CURLOPT_PRIVATE of the handle is.
static inline void *landmarkd_curl_owner(CURL *easy) {
  void *value = NULL;
  return curl_easy_getinfo(easy, CURLINFO_PRIVATE, &value) == CURLE_OK ? value : NULL;
}

/// How the transfer of `message` ended.
static inline CURLcode landmarkd_curl_result(const CURLMsg *message) { return message->data.result; }
