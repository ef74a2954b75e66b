#include "driver/keysyms.h"

#include <xkbcommon/xkbcommon.h>

#include "base/macros.h"
#include "base/utf8.h"

#define NAME_MAX_LEN  40
#define UNICODE_BASE  0x01000000u
#define FIRST_C1      0x7fu
#define LAST_C1       0x9fu
#define FIRST_CONTROL 0xff00u /* keysyms of function, keypad and modifier keys, to 0xffff */
#define LAST_CONTROL  0xffffu

struct key_name {
    const char *name;
    uint32_t keysym;
};

/* Names of the contract (section 3.5), without underscores, that X does not know or uses
 * otherwise. The rest ("tab", "home", "f5") are X's own names in another case. */
static const struct key_name names[] = {
    {"alt", XKB_KEY_Alt_L},
    {"altgr", XKB_KEY_ISO_Level3_Shift},
    {"apps", XKB_KEY_Menu},
    {"arrowdown", XKB_KEY_Down},
    {"arrowleft", XKB_KEY_Left},
    {"arrowright", XKB_KEY_Right},
    {"arrowup", XKB_KEY_Up},
    {"capslock", XKB_KEY_Caps_Lock},
    {"cmd", XKB_KEY_Super_L},
    {"command", XKB_KEY_Super_L},
    {"control", XKB_KEY_Control_L},
    {"ctrl", XKB_KEY_Control_L},
    {"del", XKB_KEY_Delete},
    {"downarrow", XKB_KEY_Down},
    {"enter", XKB_KEY_Return},
    {"esc", XKB_KEY_Escape},
    {"ins", XKB_KEY_Insert},
    {"leftarrow", XKB_KEY_Left},
    {"meta", XKB_KEY_Super_L},
    {"numlock", XKB_KEY_Num_Lock},
    {"option", XKB_KEY_Alt_L},
    {"pagedown", XKB_KEY_Page_Down},
    {"pageup", XKB_KEY_Page_Up},
    {"pgdn", XKB_KEY_Page_Down},
    {"pgup", XKB_KEY_Page_Up},
    {"printscreen", XKB_KEY_Print},
    {"prtsc", XKB_KEY_Print},
    {"rightarrow", XKB_KEY_Right},
    {"scrolllock", XKB_KEY_Scroll_Lock},
    {"shift", XKB_KEY_Shift_L},
    {"super", XKB_KEY_Super_L},
    {"uparrow", XKB_KEY_Up},
    {"win", XKB_KEY_Super_L},
    {"windows", XKB_KEY_Super_L},
};

uint32_t keysym_of_char(uint32_t code_point)
{
    switch (code_point) {
    case '\n':
    case '\r':
        return XKB_KEY_Return;
    case '\t':
        return XKB_KEY_Tab;
    case '\b':
        return XKB_KEY_BackSpace;
    case 0x1b:
        return XKB_KEY_Escape;
    default:
        break;
    }
    if (code_point < ' ' || (code_point >= FIRST_C1 && code_point <= LAST_C1))
        return KEYSYM_NONE;
    return xkb_utf32_to_keysym(code_point);
}

uint32_t keysym_twin(uint32_t keysym)
{
    if (keysym >= UNICODE_BASE || (keysym >= FIRST_CONTROL && keysym <= LAST_CONTROL))
        return KEYSYM_NONE;
    uint32_t code_point = xkb_keysym_to_utf32(keysym);
    return code_point > 0xff ? UNICODE_BASE | code_point : KEYSYM_NONE;
}

static uint32_t named(const char *name)
{
    for (size_t i = 0; i < countof(names); i++)
        if (strcmp(names[i].name, name) == 0)
            return names[i].keysym;
    return xkb_keysym_from_name(name, XKB_KEYSYM_CASE_INSENSITIVE);
}

uint32_t keysym_of_name(struct str name)
{
    uint32_t code_point;
    if (name.len > 0 && utf8_decode(name, &code_point) == name.len)
        return keysym_of_char(code_point);
    if (name.len >= NAME_MAX_LEN)
        return KEYSYM_NONE;

    char as_given[NAME_MAX_LEN] = {0};
    char plain[NAME_MAX_LEN] = {0};
    size_t len = 0;
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        as_given[i] = c;
        if (c != '_')
            plain[len++] = (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
    }
    uint32_t keysym = named(plain);
    return keysym != KEYSYM_NONE ? keysym
                                 : xkb_keysym_from_name(as_given, XKB_KEYSYM_CASE_INSENSITIVE);
}

bool keysym_is_modifier(uint32_t keysym)
{
    if (keysym == XKB_KEY_Caps_Lock || keysym == XKB_KEY_Shift_Lock)
        return false;
    return (keysym >= XKB_KEY_Shift_L && keysym <= XKB_KEY_Hyper_R) ||
           keysym == XKB_KEY_ISO_Level3_Shift || keysym == XKB_KEY_ISO_Level5_Shift;
}

uint32_t keysym_lower(uint32_t keysym)
{
    return xkb_keysym_to_lower(keysym);
}
