// SPDX-License-Identifier: MIT
//
// map_simdjson.cpp -- map.lua as C++ with simdjson On-Demand: values that are not read are not
// checked beyond the first stage, and texts are copied as they are spelled.
// Build: c++ -O3 -march=native -o map_simdjson map_simdjson.cpp -lsimdjson
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

#include <simdjson.h>

using namespace simdjson;

// The record's line without its first message's text, and where the new one goes.
static bool map(ondemand::document_reference document, std::string_view line, std::string &out) {
  int64_t id;
  std::string_view system, role, content, key;
  const char *from = nullptr;
  ondemand::object record;
  if (document.get_object().get(record))
    return false;
  for (auto field : record) {
    if (field.unescaped_key().get(key))
      return false;
    if (key == "id") {
      if (field.value().get_int64().get(id))
        return false;
      if (id % 10 == 0)
        return true;
    } else if (key == "system") {
      system = field.value().raw_json_token();
    } else if (key == "messages") {
      ondemand::array list;
      if (field.value().get_array().get(list))
        return false;
      for (auto element : list) {
        ondemand::object message;
        if (element.get_object().get(message))
          return false;
        for (auto part : message) {
          if (part.unescaped_key().get(key))
            return false;
          if (key == "role" && part.value().get_string().get(role))
            return false;
          if (key == "content") {
            content = part.value().raw_json_token();
            from = content.data();
          }
        }
        break;
      }
    }
  }
  if (role != "user" || !from) {
    out.append(line).push_back('\n');
    return true;
  }
  auto trim = [](std::string_view s) { return s.substr(0, s.rfind('"') + 1); };
  system = trim(system);
  content = trim(content);
  out.append(line.data(), size_t(from - line.data())).append("\"Q: ");
  out.append(system.substr(1));
  out.append(from + content.size(), size_t(line.data() + line.size() - from) - content.size()).push_back('\n');
  return true;
}

int main(int argc, char **argv) {
  padded_string text;
  if (argc < 2 || padded_string::load(argv[1]).get(text))
    return 2;
  ondemand::parser parser;
  ondemand::document_stream stream;
  std::string out;
  if (parser.iterate_many(text, 1 << 20).get(stream))
    return 1;
  for (auto it = stream.begin(); it != stream.end(); ++it) {
    ondemand::document_reference document;
    std::string_view line = it.source();
    if ((*it).get(document) || !map(document, line, out))
      return 1;
    if (out.size() > 1 << 20) {
      std::fwrite(out.data(), 1, out.size(), stdout);
      out.clear();
    }
  }
  std::fwrite(out.data(), 1, out.size(), stdout);
  return 0;
}
