# The few shapes of target this project has.

# Flags every target of ours shares. Results must not depend on the compiler's
# freedom to contract a*b+c, hence -ffp-contract=off.
set(shadow_warning -Wshadow)
if(CMAKE_UNITY_BUILD AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # Of names outside of functions GCC cannot tell that they are another file's.
  # Clang can, and in files of their own GCC looks at all.
  set(shadow_warning -Wshadow=local)
endif()
add_library(troupe_flags INTERFACE)
target_compile_features(troupe_flags INTERFACE cxx_std_20)
target_compile_options(
  troupe_flags
  INTERFACE -ffp-contract=off
            $<BUILD_INTERFACE:-Wall>
            $<BUILD_INTERFACE:-Wextra>
            $<BUILD_INTERFACE:-Wpedantic>
            $<BUILD_INTERFACE:-Wconversion>
            $<BUILD_INTERFACE:${shadow_warning}>
            $<BUILD_INTERFACE:-Werror>
            # False in GCC 12 for std::string (GCC bug 105651).
            $<BUILD_INTERFACE:$<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>>)
if(CMAKE_UNITY_BUILD)
  # GCC takes the files of a group for headers, where a type that holds one of an
  # unnamed namespace would be wrong. In files of their own it still looks.
  target_compile_options(
    troupe_flags
    INTERFACE
      $<BUILD_INTERFACE:$<$<CXX_COMPILER_ID:GNU>:-Wno-subobject-linkage>>)
  # GCC collects garbage again and again where a gigabyte would do without.
  target_compile_options(
    troupe_flags
    INTERFACE
      $<BUILD_INTERFACE:$<$<CXX_COMPILER_ID:GNU>:--param=ggc-min-heapsize=1000000>>)
endif()
if(TROUPE_SANITIZE)
  # null: CAF 0.17.6 itself binds a null reference in init_fun_factory.hpp. vptr and
  # object-size take as long to compile as all else together, and what they look
  # for, the use of an object that is gone or of another type, AddressSanitizer sees.
  target_compile_options(
    troupe_flags
    INTERFACE -fsanitize=${TROUPE_SANITIZE} -fno-sanitize=null,vptr,object-size
              -fno-sanitize-recover=undefined -fno-omit-frame-pointer
              # False in GCC 12's own <regex> once it is instrumented.
              $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
  target_link_options(troupe_flags INTERFACE -fsanitize=${TROUPE_SANITIZE})
endif()

# For what libFuzzer need not see its way through.
set(TROUPE_NO_COVERAGE
    -fno-sanitize-coverage=inline-8bit-counters,indirect-calls,trace-cmp,pc-table)

# Precompiled headers, compiled once each: one for actors, one for tests.
function(troupe_precompiled_header name)
  cmake_parse_arguments(ARG "" "" "HEADERS;LINKS" ${ARGN})
  set(source "${CMAKE_BINARY_DIR}/${name}.cpp")
  if(NOT EXISTS "${source}")
    file(WRITE "${source}" "// Carries the precompiled header.\n")
  endif()
  add_library(${name} STATIC EXCLUDE_FROM_ALL "${source}")
  target_link_libraries(${name} PUBLIC troupe_flags ${ARG_LINKS})
  target_precompile_headers(${name} PRIVATE ${ARG_HEADERS})
endfunction()

# troupe_library(NAME SOURCES... LINKS... [ACTORS] [PRIVATE_LINKS ...])
# ACTORS: the sources speak CAF, so they share its precompiled header.
function(troupe_library name)
  cmake_parse_arguments(ARG "ACTORS" "" "SOURCES;LINKS;PRIVATE_LINKS" ${ARGN})
  add_library(${name} STATIC ${ARG_SOURCES})
  target_include_directories(
    ${name} PUBLIC $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}>
                   $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}/troupe>)
  target_link_libraries(${name} PUBLIC troupe_flags ${ARG_LINKS}
                                PRIVATE ${ARG_PRIVATE_LINKS})
  if(ARG_ACTORS)
    target_precompile_headers(${name} REUSE_FROM troupe_actor_headers)
  endif()
  set_property(GLOBAL APPEND PROPERTY TROUPE_LIBRARIES ${name})
endfunction()

# troupe_compile_alone(SOURCES...): what CMAKE_UNITY_BUILD must not compile together
# with others, because of names that it shares with them or because Highway
# compiles it once per set of instructions.
function(troupe_compile_alone)
  set_source_files_properties(${ARGN} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
endfunction()

# Several test files at once where CMAKE_UNITY_BUILD asks for it. CMake's own way
# would have their fixtures meet in one namespace.
function(troupe_group_tests name)
  find_package(Python3 REQUIRED COMPONENTS Interpreter)
  set(script "${PROJECT_SOURCE_DIR}/tools/cmake/group_tests.py")
  set(sources "")
  foreach(source IN LISTS ARGN)
    cmake_path(ABSOLUTE_PATH source NORMALIZE)
    list(APPEND sources "${source}")
  endforeach()
  list(LENGTH sources end)
  set(groups "")
  foreach(first RANGE 0 ${end} ${CMAKE_UNITY_BUILD_BATCH_SIZE})
    if(first LESS end)
      list(SUBLIST sources ${first} ${CMAKE_UNITY_BUILD_BATCH_SIZE} part)
      set(group "${CMAKE_CURRENT_BINARY_DIR}/${name}_${first}.cpp")
      add_custom_command(
        OUTPUT "${group}"
        COMMAND Python3::Interpreter "${script}" "${group}" ${part}
        DEPENDS "${script}" ${part}
        VERBATIM)
      list(APPEND groups "${group}")
    endif()
  endforeach()
  add_executable(${name} ${groups})
  set_target_properties(${name} PROPERTIES UNITY_BUILD OFF)
endfunction()

# troupe_test(NAME [LONG] [AS_ONE] SOURCES... LINKS...): one program per subsystem,
# every test case in it a ctest of its own. LONG: some take many seconds, so ctest
# starts those first and nothing long is left over at the end. AS_ONE: the whole
# program is one ctest, as its cases share what is slow to start; under sanitizers,
# with which a process takes a third of a second to start and end, all but those that
# are LONG are.
function(troupe_test name)
  cmake_parse_arguments(ARG "LONG;AS_ONE" "" "SOURCES;LINKS" ${ARGN})
  if(CMAKE_UNITY_BUILD)
    troupe_group_tests(${name} ${ARG_SOURCES})
  else()
    add_executable(${name} ${ARG_SOURCES})
  endif()
  target_link_libraries(${name} PRIVATE troupe_test_main ${ARG_LINKS})
  target_precompile_headers(${name} REUSE_FROM troupe_test_headers)
  # What starts last should end soon: behind the long ones, those of most sources.
  list(LENGTH ARG_SOURCES cost)
  if(ARG_LONG)
    set(cost 1000)
  endif()
  if(ARG_AS_ONE OR (TROUPE_SANITIZE AND NOT ARG_LONG))
    add_test(NAME ${name} COMMAND ${name})
    set_tests_properties(${name} PROPERTIES TIMEOUT 600 COST ${cost})
    return()
  endif()
  catch_discover_tests(${name} TEST_PREFIX "${name}: "
                       PROPERTIES TIMEOUT 300 COST ${cost})
endfunction()
