#include "daemon/notify/mail.h"

#include <algorithm>
#include <sstream>

#include <Poco/Base64Encoder.h>
#include <Poco/DateTime.h>
#include <Poco/DateTimeFormat.h>
#include <Poco/DateTimeParser.h>
#include <Poco/Net/MailMessage.h>
#include <Poco/Net/MailRecipient.h>
#include <fmt/format.h>

#include "daemon/base/utf8.h"

namespace ntmd::notify {
namespace {

constexpr std::size_t kWordBytes = 42;  // 56 letters of base64; an encoded word has at most 75 with its frame
constexpr std::size_t kMaxSubject = 400;

std::string base64(std::string_view bytes) {
  std::ostringstream out;
  Poco::Base64Encoder encoder(out);
  encoder.rdbuf()->setLineLength(0);
  encoder << bytes;
  encoder.close();
  return out.str();
}

std::string one_line(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const auto character = base::utf8_at(text, at);
    const bool shown = character && !base::is_unprintable(character->value);
    const auto size = character ? character->size : 1;
    if (shown) {
      out += text.substr(at, size);
    } else {
      out += ' ';
    }
    at += size;
  }
  return out;
}

/// Lines end in CRLF; nothing but line breaks is left of the controls.
std::string body_text(std::string_view text) {
  std::string out;
  std::size_t at = 0;
  while (at <= text.size()) {
    const auto end = std::min(text.find('\n', at), text.size());
    out += one_line(text.substr(at, end - at)) + "\r\n";
    at = end + 1;
  }
  return out;
}

std::string subject_of(const Message& message) {
  const auto& first = message.alerts.front();
  std::string subject = "[ntmd] ";
  if (message.event == "resolved") subject += "Đã khắc phục / Resolved: ";
  if (message.event == "reminder") subject += "Nhắc lại / Reminder: ";
  subject += first.title_vi + " / " + first.title_en;
  if (message.alerts.size() > 1) subject += fmt::format(" (+{})", message.alerts.size() - 1);
  if (subject.size() <= kMaxSubject) return subject;
  auto end = kMaxSubject;
  while ((static_cast<unsigned char>(subject[end]) & 0xC0U) == 0x80U) --end;
  return subject.substr(0, end) + "…";
}

std::string text_of(const Message& message) {
  std::string vi;
  std::string en;
  for (const auto& notice : message.alerts) {
    vi += "- " + notice.text_vi + "\n";
    en += "- " + notice.text_en + "\n";
  }
  std::string out;
  if (message.event == "resolved") {
    out = "Đã khắc phục:\n\n" + vi + "\nResolved:\n\n" + en;
  } else if (message.event == "reminder") {
    out = "Nhắc lại, cảnh báo vẫn còn:\n\n" + vi + "\nReminder, still firing:\n\n" + en;
  } else {
    out = "Cảnh báo:\n\n" + vi + "\nAlert:\n\n" + en;
  }
  out += fmt::format("\n-- \nntmd {} {}\n", message.at, message.id);
  return out;
}

}  // namespace

std::string header_text(std::string_view text) {
  auto line = one_line(text);
  if (std::ranges::all_of(line, [](char c) { return c >= 0x20 && c < 0x7f; }) && line.size() <= 900) return line;
  std::string out;
  std::string word;
  const auto flush = [&] {
    if (word.empty()) return;
    if (!out.empty()) out += "\r\n ";
    out += "=?UTF-8?B?" + base64(word) + "?=";
    word.clear();
  };
  for (std::size_t at = 0; at < line.size();) {
    const auto size = base::utf8_at(line, at)->size;
    if (word.size() + size > kWordBytes) flush();
    word += line.substr(at, size);
    at += size;
  }
  flush();
  return out;
}

connectors::Mail compose_mail(const OpenChannel& open, const Message& message) {
  using Poco::Net::MailMessage;
  using Poco::Net::MailRecipient;
  const auto& channel = open.channel;
  MailMessage mail;
  Poco::DateTime at;
  int zone = 0;
  if (Poco::DateTimeParser::tryParse(Poco::DateTimeFormat::ISO8601_FORMAT, message.at, at, zone))
    mail.setDate(at.timestamp());
  mail.setSender(channel.from);
  for (const auto& to : channel.to) mail.addRecipient(MailRecipient(MailRecipient::PRIMARY_RECIPIENT, to));
  mail.setSubject(header_text(subject_of(message)));
  mail.set("Message-ID",
           fmt::format("<{}.{}@{}>", message.id, channel.id, channel.from.substr(channel.from.find('@') + 1)));
  mail.set("Auto-Submitted", "auto-generated");
  mail.set("Content-Language", "vi, en");
  mail.set("X-Ntmd-Id", header_text(message.id));
  mail.setContentType("text/plain; charset=UTF-8");
  mail.setContent(body_text(text_of(message)), MailMessage::ENCODING_QUOTED_PRINTABLE);
  std::ostringstream out;
  mail.write(out);

  connectors::Mail ready;
  ready.url = std::string(open.url.reveal());
  ready.from = channel.from;
  ready.to = channel.to;
  ready.message = out.str();
  ready.user = channel.user;
  ready.password = open.password;
  ready.timeout = channel.timeout;
  return ready;
}

}  // namespace ntmd::notify
