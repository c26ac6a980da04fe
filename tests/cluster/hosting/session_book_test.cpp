#include "cluster/hosting/session_book.hpp"

#include <catch2/catch.hpp>

using troupe::cluster::session_book;
using verdict = troupe::cluster::session_book::verdict;

TEST_CASE("a session begins once, and none before a later one") {
  auto book = session_book{};
  CHECK_FALSE(book.is_newest("a", 1, 1));
  CHECK(book.open("a", 1, 1) == verdict::begun);
  CHECK(book.open("a", 1, 1) == verdict::repeated);
  CHECK(book.open("a", 1, 3) == verdict::begun);
  CHECK(book.open("a", 1, 2) == verdict::outdated);
  CHECK(book.is_newest("a", 1, 3));
  CHECK_FALSE(book.is_newest("a", 1, 1));
  CHECK(book.open("b", 1, 1) == verdict::begun);
}

TEST_CASE("the sessions of a node that began anew are over") {
  auto book = session_book{};
  CHECK_FALSE(book.is_older("a", 2));
  CHECK(book.open("a", 1, 9) == verdict::begun);
  CHECK(book.is_older("a", 2));
  CHECK(book.open("a", 2, 1) == verdict::begun);
  CHECK(book.open("a", 1, 10) == verdict::outdated);
  CHECK_FALSE(book.is_older("a", 2));
  CHECK(book.is_newest("a", 2, 1));
}
