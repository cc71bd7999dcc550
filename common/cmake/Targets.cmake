# add_common(base)                          the library tributary_base from this folder's *.c
# add_common(kafka USES base PACKAGES rdkafka)   USES other folders of common/, PACKAGES by pkg-config
# add_program(tributary-gateway USES http kafka)
# add_unit_test(base USES base)             every tests/unit/<here>/test_*.c is one check program

set(tributary_warnings -Wall -Wextra -Wshadow -Wconversion -Wcast-qual -Wstrict-prototypes
    -Wmissing-prototypes -Wvla -Wundef -Werror)
set(tributary_hardening -fstack-protector-strong -fstack-clash-protection -fcf-protection)

add_library(tributary_flags INTERFACE)
target_compile_options(tributary_flags INTERFACE ${tributary_warnings} ${tributary_hardening})
target_include_directories(tributary_flags INTERFACE ${CMAKE_SOURCE_DIR} ${CMAKE_BINARY_DIR}/generated)
target_compile_definitions(tributary_flags INTERFACE _GNU_SOURCE
    TRIBUTARY_VERSION="${PROJECT_VERSION}")
target_link_options(tributary_flags INTERFACE -Wl,-z,relro,-z,now -pie)
target_link_libraries(tributary_flags INTERFACE Threads::Threads)
if(SANITIZE)
  target_compile_options(tributary_flags INTERFACE -fsanitize=${SANITIZE} -fno-omit-frame-pointer
      -fno-sanitize-recover=undefined)
  target_link_options(tributary_flags INTERFACE -fsanitize=${SANITIZE})
  if(FUZZ) # the fuzzer follows the branches that it can see
    target_compile_options(tributary_flags INTERFACE -fsanitize=fuzzer-no-link)
  endif()
  if(SANITIZE STREQUAL "thread")
    # Every program gets them, and librdkafka finds them there instead of glibc's.
    add_library(tributary_c11_threads OBJECT ${CMAKE_SOURCE_DIR}/tests/support/tsan/c11_threads.c)
    target_compile_options(tributary_c11_threads PRIVATE -fsanitize=thread)
    target_compile_definitions(tributary_c11_threads PRIVATE _GNU_SOURCE)
    target_link_options(tributary_flags INTERFACE -rdynamic)
    target_sources(tributary_flags INTERFACE $<$<STREQUAL:$<TARGET_PROPERTY:TYPE>,EXECUTABLE>:$<TARGET_OBJECTS:tributary_c11_threads>>)
  endif()
else()
  target_compile_definitions(tributary_flags INTERFACE $<$<NOT:$<CONFIG:Debug>>:_FORTIFY_SOURCE=2>)
endif()

function(tributary_link target)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "USES;PACKAGES")
  target_link_libraries(${target} PUBLIC tributary_flags)
  foreach(use ${arg_USES})
    target_link_libraries(${target} PUBLIC tributary_${use})
  endforeach()
  foreach(package ${arg_PACKAGES})
    pkg_check_modules(${package} REQUIRED IMPORTED_TARGET GLOBAL ${package})
    target_link_libraries(${target} PUBLIC PkgConfig::${package})
  endforeach()
endfunction()

function(add_common name)
  file(GLOB sources CONFIGURE_DEPENDS *.c)
  add_library(tributary_${name} STATIC ${sources})
  tributary_link(tributary_${name} ${ARGN})
endfunction()

function(add_program name)
  file(GLOB sources CONFIGURE_DEPENDS *.c)
  add_executable(${name} ${sources})
  tributary_link(${name} ${ARGN})
endfunction()

# One check program a file; its link line is the list of what the module knows.
function(add_unit_tests folder)
  file(GLOB sources CONFIGURE_DEPENDS test_*.c)
  foreach(source ${sources})
    cmake_path(GET source STEM stem)
    string(REPLACE "/" "_" prefix ${folder})
    set(target ${prefix}_${stem})
    add_executable(${target} ${source})
    tributary_link(${target} ${ARGN})
    target_link_libraries(${target} PUBLIC tributary_test_suite)
    add_test(NAME unit/${folder}/${stem} COMMAND ${target})
    set_tests_properties(unit/${folder}/${stem} PROPERTIES LABELS unit TIMEOUT 180)
  endforeach()
endfunction()

# Tests on real servers: every test_*.c here is one check program, labelled LABEL (integration or faults).
# add_integration_tests(sink SERVERS broker postgres LIMIT 120 USES sink test_broker test_database)
# SERVERS: which of broker, postgres, redis are started around the program, unless they run already
# (tests/support/servers); a program that starts its own names none. LIMIT: seconds. Fault tests run one at a time.
function(add_integration_tests folder)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "LABEL;LIMIT" "SERVERS;USES;PACKAGES")
  if(NOT arg_LABEL)
    set(arg_LABEL integration)
  endif()
  if(NOT arg_LIMIT)
    set(arg_LIMIT 120)
  endif()
  math(EXPR arg_LIMIT "${arg_LIMIT} * 3") # for a busy machine
  set(around)
  if(arg_SERVERS)
    list(TRANSFORM arg_SERVERS PREPEND --)
    set(around with_servers ${arg_SERVERS} --)
  endif()
  file(GLOB sources CONFIGURE_DEPENDS test_*.c)
  foreach(source ${sources})
    cmake_path(GET source STEM stem)
    set(target ${arg_LABEL}_${folder}_${stem})
    add_executable(${target} ${source})
    tributary_link(${target} USES ${arg_USES} PACKAGES ${arg_PACKAGES})
    target_link_libraries(${target} PUBLIC tributary_test_suite)
    target_compile_definitions(${target} PRIVATE TRIBUTARY_BIN="${CMAKE_RUNTIME_OUTPUT_DIRECTORY}"
        TRIBUTARY_SOURCE="${CMAKE_SOURCE_DIR}")
    add_test(NAME ${arg_LABEL}/${folder}/${stem} COMMAND ${around} $<TARGET_FILE:${target}>)
    set_tests_properties(${arg_LABEL}/${folder}/${stem} PROPERTIES LABELS ${arg_LABEL}
        TIMEOUT ${arg_LIMIT})
    if(arg_LABEL STREQUAL faults)
      set_tests_properties(${arg_LABEL}/${folder}/${stem} PROPERTIES RUN_SERIAL ON)
    endif()
  endforeach()
endfunction()

# A consumer group: the library tributary_group_NAME from this folder's *.c but main.c (for its tests), and the program
# tributary-NAME.
function(add_group name)
  file(GLOB sources CONFIGURE_DEPENDS *.c)
  list(REMOVE_ITEM sources ${CMAKE_CURRENT_SOURCE_DIR}/main.c)
  add_library(tributary_group_${name} STATIC ${sources})
  tributary_link(tributary_group_${name} ${ARGN})
  add_executable(tributary-${name} main.c)
  target_link_libraries(tributary-${name} PRIVATE tributary_group_${name})
  add_dependencies(programs tributary-${name})
endfunction()
