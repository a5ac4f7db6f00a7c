// SPDX-License-Identifier: MIT
//
// jsonl_simdjson.cpp -- simdjson On-Demand doing the lint's walk: every record an object with
// messages, each with a role and a text.  Prints records, bad ones, and MB a second of CPU.
// Build: c++ -O3 -march=native -o jsonl_simdjson jsonl_simdjson.cpp -lsimdjson
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string_view>

#include <simdjson.h>

using namespace simdjson;

static bool good(ondemand::document_reference document) {
  ondemand::object record;
  size_t messages = 0;
  if (document.get_object().get(record))
    return false;
  for (auto field : record) {
    std::string_view key, text;
    if (field.unescaped_key().get(key))
      return false;
    if (key == "system") {
      if (field.value().get_string().get(text))
        return false;
    } else if (key == "messages") {
      ondemand::array list;
      if (field.value().get_array().get(list))
        return false;
      for (auto element : list) {
        ondemand::object message;
        bool has_role = false, has_content = false;
        if (element.get_object().get(message))
          return false;
        for (auto part : message) {
          if (part.unescaped_key().get(key) || part.value().get_string().get(text))
            return false;
          if (key == "role" && (text == "user" || text == "assistant"))
            has_role = true;
          else if (key == "content" && !text.empty())
            has_content = true;
          else
            return false;
        }
        if (!has_role || !has_content)
          return false;
        messages++;
      }
    } else {
      return false;
    }
  }
  return messages >= 2;
}

int main(int argc, char **argv) {
  padded_string text;
  if (argc < 2 || padded_string::load(argv[1]).get(text))
    return 2;
  ondemand::parser parser;
  ondemand::document_stream stream;
  size_t records = 0, bad = 0;
  clock_t start = clock();
  if (parser.iterate_many(text, 1 << 20).get(stream))
    return 1;
  for (auto result : stream) {
    ondemand::document_reference document;
    records++;
    bad += std::move(result).get(document) || !good(document);
  }
  double seconds = double(clock() - start) / CLOCKS_PER_SEC;
  std::printf("%zu records, %zu bad, %.0f MB/s\n", records, bad, double(text.size()) / 1e6 / seconds);
  return 0;
}
